import test from 'ava';
import fc from 'fast-check';
import { loadDefinitions, serviceOf } from '../../../src/actors/gateway/grpc/definitions.js';
import { fieldSlices } from '../../../src/wire/grpc/field-slices.js';

const { UpdateConfig: method } = serviceOf(loadDefinitions(), 'seesaw.healthcheck.HealthCheckService');
if (method === undefined) throw new Error('there is no such method');
const encoded = (configs: readonly object[]): Buffer => method.requestSerialize({ configs });
const decoded = (bytes: Buffer): readonly object[] =>
  (method.requestDeserialize(bytes) as { readonly configs: readonly object[] }).configs;

const config = fc.record({
  id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  interval: fc.string(),
  tcp: fc.record({ ip: fc.string(), port: fc.nat(), send: fc.uint8Array({ maxLength: 300 }).map(Buffer.from) }),
});

test('the slices of a message are messages of their own, and together they are the whole', (t) => {
  fc.assert(
    fc.property(fc.array(config), fc.integer({ min: 1, max: 500 }), (configs, sliceBytes) => {
      const bytes = encoded(configs);
      const slices = [...fieldSlices(bytes, sliceBytes)];
      t.deepEqual(Buffer.concat(slices), bytes);
      t.deepEqual(slices.flatMap(decoded), decoded(bytes));
      // Each goes on to the end of the field that fills it, and no further.
      for (const slice of slices.slice(0, -1)) t.true(slice.length >= sliceBytes);
    }),
  );
});

test('bytes that are no message are refused', (t) => {
  const whole = encoded([{ id: 1, tcp: { ip: '10.0.0.1', port: 80 } }]);
  for (const wrong of [whole.subarray(0, -1), Buffer.from([0x0b]), Buffer.alloc(20, 0xff), Buffer.from([0x09, 1])]) {
    t.throws(() => [...fieldSlices(wrong, 1)], { instanceOf: RangeError });
  }
  t.notThrows(() => fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyRangeErrors(Buffer.from(bytes)))));
});

function onlyRangeErrors(bytes: Buffer): void {
  try {
    for (const slice of fieldSlices(bytes, 8)) slice.subarray();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
