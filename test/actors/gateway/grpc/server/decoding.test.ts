import test from 'ava';
import { decodedSlices } from '../../../../../src/actors/gateway/grpc/server/decoding.js';

/** Field 1, of 100 bytes. */
const field = Buffer.concat([Buffer.from([0x0a, 98]), Buffer.alloc(98)]);

test('between two slices of a request others have their turn', async (t) => {
  const order: string[] = [];
  const bytes = Buffer.concat(Array.from({ length: 400 }, () => field));
  let reading = true;
  const others = (async () => {
    while (reading) {
      order.push('others');
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  let length = 0;
  for await (const slice of decodedSlices((part) => part.length, bytes)) {
    order.push('slice');
    length += Number(slice);
  }
  reading = false;
  await others;
  t.is(length, bytes.length);
  t.true(order.filter((one) => one === 'slice').length > 3);
  t.notRegex(order.join(' '), /slice slice/);
});

test('what cannot be decoded is refused, and so is what cannot be cut', async (t) => {
  const all = async (bytes: Buffer) => {
    for await (const slice of decodedSlices(() => JSON.parse('{'), bytes)) t.fail(String(slice));
  };
  await t.throwsAsync(all(field), { message: /not of the request’s type/ });
  await t.throwsAsync(all(field.subarray(0, 50)), { message: /not of the request’s type/ });
});
