import test from 'ava';
import {
  AddressKeeper,
  CHANGES_PER_TURN,
  REINSTALL_PERIOD_NS,
  REINSTALLS_AT_ONCE,
} from '../../../../src/actors/vrrp/addresses/address-keeper.js';
import type { VirtualAddress } from '../../../../src/machines/vrrp/virtual-addresses.js';
import type { Interface } from '../../../../src/os/netlink/interface-table.js';
import type { AddressChange } from '../../../../src/wire/netlink/route.js';

const vip = (last: number): VirtualAddress => ({
  bytes: Uint8Array.of(10, 0, 0, last),
  prefixLength: 24,
  text: `10.0.0.${last}/24`,
});

/** A kernel with one interface, and a diary of what the keeper did and told. */
function setup(addresses: readonly VirtualAddress[]) {
  const kernel = new Set<string>();
  const marked = new Set<string>();
  const said: string[] = [];
  const refuse = new Map<string, string>();
  const textOf = ({ address, prefixLength }: AddressChange) => `${address.join('.')}/${prefixLength}`;
  const keeper = new AddressKeeper({
    change: (changes) =>
      changes.map((change) => {
        const text = textOf(change);
        said.push(`${change.op} ${text}${change.index === 2 ? '' : ` at ${change.index}`}`);
        const refusal = refuse.get(text);
        if (refusal !== undefined) return refusal;
        if (change.op === 'remove') return kernel.delete(text) ? null : 'EADDRNOTAVAIL';
        if (kernel.has(text)) return 'EEXIST';
        kernel.add(text);
        return null;
      }),
    isMarked: ({ text }) => marked.has(text),
    failed: ({ text }, op, code) => said.push(`${op} ${text} failed: ${code}`),
    found: ({ text }) => said.push(`found ${text}`),
    lost: ({ text }, again) => said.push(`lost ${text}${again ? '' : ', later'}`),
    installed: (installed) => said.push(`installed ${installed.length}`),
  });
  keeper.configure(addresses, 2);
  const link = (): Interface => ({
    kind: 'link',
    index: 2,
    name: 'eth0',
    up: true,
    running: true,
    hardware: new Uint8Array(6),
    addresses: addresses
      .filter(({ text }) => kernel.has(text))
      .map(({ bytes, prefixLength }) => ({
        kind: 'address',
        family: 'ipv4',
        index: 2,
        address: bytes,
        prefixLength,
        secondary: false,
        tentative: false,
        protocol: 0,
      })),
  });
  return { keeper, kernel, marked, refuse, link, take: () => said.splice(0) };
}

test('a master has all addresses, another none', (t) => {
  const { keeper, kernel, take } = setup([vip(1), vip(2)]);
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
  keeper.take();
  t.is(keeper.nextNs, 0);
  keeper.work(5);
  t.deepEqual(take(), ['add 10.0.0.1/24', 'add 10.0.0.2/24', 'installed 2']);
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
  keeper.release();
  keeper.work(6);
  t.deepEqual(take(), ['remove 10.0.0.1/24', 'remove 10.0.0.2/24']);
  t.is(kernel.size, 0);
});

test('many addresses are changed a few at a time', (t) => {
  const { keeper, kernel } = setup(Array.from({ length: 40 }, (_, index) => vip(index + 1)));
  keeper.take();
  for (const count of [CHANGES_PER_TURN, 2 * CHANGES_PER_TURN, 40]) {
    t.is(keeper.nextNs, 0);
    keeper.work(1);
    t.is(kernel.size, count);
  }
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
});

test('an address that was there before is used, and left there', (t) => {
  const { keeper, kernel, take } = setup([vip(1)]);
  kernel.add('10.0.0.1/24');
  keeper.take();
  keeper.work(1);
  t.deepEqual(take(), ['add 10.0.0.1/24', 'found 10.0.0.1/24', 'installed 1']);
  keeper.release();
  keeper.work(2);
  t.deepEqual(take(), []);
  t.true(kernel.has('10.0.0.1/24'));
});

test('an address that was there with our mark is ours', (t) => {
  const { keeper, kernel, marked, take } = setup([vip(1)]);
  kernel.add('10.0.0.1/24');
  marked.add('10.0.0.1/24');
  keeper.take();
  keeper.work(1);
  t.deepEqual(take(), ['add 10.0.0.1/24', 'installed 1']);
  keeper.release();
  keeper.work(2);
  t.false(kernel.has('10.0.0.1/24'));
});

test('an address that someone removes is put back at once, and after a few times more slowly', (t) => {
  const { keeper, kernel, link, take } = setup([vip(1)]);
  keeper.take();
  keeper.work(0);
  take();
  for (let time = 1; time <= REINSTALLS_AT_ONCE; time += 1) {
    kernel.clear();
    keeper.seen(link(), time);
    t.is(keeper.nextNs, time);
    keeper.work(time);
    t.deepEqual(take(), ['lost 10.0.0.1/24', 'add 10.0.0.1/24', 'installed 1']);
  }
  kernel.clear();
  keeper.seen(link(), 100);
  t.deepEqual(take(), ['lost 10.0.0.1/24, later']);
  t.is(keeper.nextNs, 100 + REINSTALL_PERIOD_NS);
  keeper.work(keeper.nextNs);
  t.true(kernel.has('10.0.0.1/24'));
});

test('what a backup does not have is not missed', (t) => {
  const { keeper, link, take } = setup([vip(1)]);
  keeper.seen(link(), 1);
  t.deepEqual(take(), []);
});

test('a refused address is told and tried again later', (t) => {
  const { keeper, refuse, take } = setup([vip(1)]);
  refuse.set('10.0.0.1/24', 'EPERM');
  keeper.take();
  keeper.work(7);
  t.deepEqual(take(), ['add 10.0.0.1/24', 'add 10.0.0.1/24 failed: EPERM']);
  t.is(keeper.nextNs, 7 + REINSTALL_PERIOD_NS);
});

test('a new configuration changes only what differs', (t) => {
  const { keeper, kernel, take } = setup([vip(1), vip(2)]);
  keeper.take();
  keeper.work(1);
  take();
  keeper.configure([vip(2), vip(3)], 2);
  while (keeper.nextNs <= 2) keeper.work(2);
  t.deepEqual(take(), ['remove 10.0.0.1/24', 'add 10.0.0.3/24', 'installed 1']);
  t.deepEqual([...kernel].sort(), ['10.0.0.2/24', '10.0.0.3/24']);
});

test('an interface that came back has none of the addresses, and gets them', (t) => {
  const { keeper, kernel, take } = setup([vip(1)]);
  keeper.take();
  keeper.work(1);
  take();
  kernel.clear();
  keeper.configure([vip(1)], 0);
  keeper.work(2);
  t.deepEqual(take(), ['remove 10.0.0.1/24'], 'which fails, and that is no failure');
  t.is(keeper.nextNs, Number.POSITIVE_INFINITY);
  keeper.configure([vip(1)], 3);
  keeper.work(2);
  t.deepEqual(take(), ['add 10.0.0.1/24 at 3', 'installed 1']);
});

test('an interface that was given another name keeps none of the addresses, however many', (t) => {
  const addresses = Array.from({ length: 40 }, (_, index) => vip(index + 1));
  const { keeper, kernel, take } = setup(addresses);
  keeper.take();
  while (keeper.nextNs <= 1) keeper.work(1);
  t.is(kernel.size, 40);
  take();
  // A fault comes first, and has the time for a few alone.
  keeper.release();
  keeper.work(2);
  keeper.configure(addresses, 0);
  while (keeper.nextNs <= 2) keeper.work(2);
  t.is(kernel.size, 0);
  t.deepEqual(
    take(),
    addresses.map(({ text }) => `remove ${text}`),
  );
});
