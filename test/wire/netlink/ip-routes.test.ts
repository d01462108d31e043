import test from 'ava';
import fc from 'fast-check';
import {
  isRouteGone,
  type Route,
  readOwnRoute,
  routeKeyText,
  writeRouteChange,
  writeRouteDump,
} from '../../../src/wire/netlink/ip-routes.js';
import { readMessages } from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const writer = new NetlinkWriter();
const plain: Route = {
  to: { address: Uint8Array.of(10, 9, 0, 0), prefixLength: 16 },
  table: 254,
  metric: 0,
  type: 'unicast',
  via: null,
  index: 0,
  onLink: false,
  source: null,
  scope: null,
  mtu: null,
};
const added = (over: Partial<Route>): string => {
  writeRouteChange(writer, { kind: 'route', op: 'add', route: { ...plain, ...over } }, 7);
  return toHex(writer.take());
};
const HEADER = 32;

// Compared with `strace -e trace=sendmsg -e write=all ip route add ... proto 112`, which has its attributes in another order.
test('a route through a gateway, with all that can be said of it', (t) => {
  const text = added({
    via: Uint8Array.of(10, 0, 0, 254),
    index: 2,
    table: 1000,
    metric: 20,
    onLink: true,
    source: Uint8Array.of(10, 0, 0, 100),
    mtu: 1400,
  });
  t.is(
    text,
    [
      '58000000 1800 0506 07000000 00000000',
      '02 10 00 00 00 70 00 01 04000000',
      '0800 0100 0a090000',
      '0800 0f00 e8030000',
      '0800 0600 14000000',
      '0800 0500 0a0000fe',
      '0800 0400 02000000',
      '0800 0700 0a000064',
      '0c00 0880 0800 0200 78050000',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

test('the scope is as ip(8) has it: link without a gateway, else global', (t) => {
  const scope = (over: Partial<Route>) => Number.parseInt(added(over).slice(HEADER + 12, HEADER + 14), 16);
  t.is(scope({ index: 2 }), 253);
  t.is(scope({ via: Uint8Array.of(10, 0, 0, 1) }), 0);
  t.is(scope({ type: 'blackhole' }), 0);
  t.is(scope({ index: 2, scope: 'host' }), 254);
  t.is(scope({ index: 2, to: { address: new Uint8Array(16), prefixLength: 0 } }), 0, 'IPv6 has none');
});

test('the route to all has no destination attribute', (t) => {
  const text = added({ to: { address: new Uint8Array(4), prefixLength: 0 }, index: 2 });
  t.is(text.slice(HEADER), '02000000fe70fd01000000000800' + '0f00fe000000' + '0800040002000000');
});

test('what is removed is ours, of any type and scope', (t) => {
  writeRouteChange(writer, { kind: 'route', op: 'remove', route: plain }, 1);
  t.is(
    toHex(writer.take()),
    [
      '2c000000 1900 0500 01000000 00000000',
      '02 10 00 00 fe 70 ff 00 00000000',
      '0800 0100 0a090000',
      '0800 0f00 fe000000',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

test('a dump asks for ours alone', (t) => {
  writeRouteDump(writer, 'ipv6', 3);
  t.is(toHex(writer.take()), '1c0000001a00010303000000000000000a0000000070000000000000');
});

test('reads a route of ours, as it was written, and that it is gone', (t) => {
  const bytes = fromHex(added({ table: 1000, metric: 20, index: 2 }));
  const [message] = readMessages(bytes).items;
  if (message === undefined) throw new Error('no message');
  const read = readOwnRoute(message);
  t.is(read === null ? null : routeKeyText(read), '10.9.0.0/16 table 1000 metric 20');
  t.false(isRouteGone(message));
  t.true(isRouteGone({ ...message, type: 25 }));
  const others = Uint8Array.from(message.payload);
  others[5] = 3;
  t.is(readOwnRoute({ ...message, payload: others }), null);
  t.false(isRouteGone({ ...message, type: 25, payload: others }));
});

test('no message makes the reader throw', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(24, 25), fc.uint8Array({ maxLength: 120, size: 'max' }), (type, payload) => {
      if (payload.length > 5) payload[5] = 112;
      const route = readOwnRoute({ type, flags: 0, sequence: 0, portId: 0, payload });
      t.true(route === null || routeKeyText(route) !== '');
    }),
    { seed: 3550, numRuns: 2000 },
  );
});
