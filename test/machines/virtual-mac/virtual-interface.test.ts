import test from 'ava';
import {
  addressInterface,
  failureText,
  isMacvlanOf,
  isSameInterface,
  nextStep,
  type VirtualInterface,
  virtualInterface,
} from '../../../src/machines/virtual-mac/virtual-interface.js';
import { testInstance } from '../../support/fixtures/vrrp-config.js';

const vmac = { interface: 'vrrp.60', transmit: 'vmac' } as const;
const hardware = Uint8Array.of(0, 0, 0x5e, 0, 1, 60);
const wanted: VirtualInterface = { name: 'vrrp.60', base: 'eth0', hardware, hasIpv6: false };
const base = { index: 2 };
const found = { index: 9, up: true, hardware, macvlan: { base: 2, isPrivate: true } };

test('an instance has the interface that it asks for, with the MAC address of its family and VRID', (t) => {
  t.deepEqual(virtualInterface(testInstance({ vips: ['10.0.0.1/24'], vmac })), wanted);
  const six = virtualInterface(testInstance({ vips: ['2001:db8::1/64'], vmac }));
  t.like(six, { hardware: Uint8Array.of(0, 0, 0x5e, 0, 2, 60), hasIpv6: true });
  const extraAddresses = [{ address: '2001:db8::1', prefixLength: 64 }];
  t.true(virtualInterface(testInstance({ vips: ['10.0.0.1/24'], vmac, extraAddresses }))?.hasIpv6);
  const elsewhere = extraAddresses.map((each) => ({ ...each, interface: 'eth1' }));
  t.false(virtualInterface(testInstance({ vips: ['10.0.0.1/24'], vmac, extraAddresses: elsewhere }))?.hasIpv6);
  t.is(virtualInterface(testInstance({ vips: ['10.0.0.1/24'] })), null);
  t.is(addressInterface(testInstance({ vmac })), 'vrrp.60');
  t.is(addressInterface(testInstance({})), 'eth0');
});

test('each difference makes it another interface', (t) => {
  t.true(isSameInterface(wanted, { ...wanted, hardware: hardware.slice() }));
  for (const other of [
    { name: 'x' },
    { base: 'x' },
    { hasIpv6: true },
    { hardware: hardware.map((byte) => byte + 1) },
  ]) {
    t.false(isSameInterface(wanted, { ...wanted, ...other }), Object.keys(other).join());
  }
});

test('what is missing is made, what is ours and right is used', (t) => {
  t.deepEqual(nextStep(wanted, base, null, null), { kind: 'make' });
  t.deepEqual(nextStep(wanted, base, null, 9), { kind: 'make' }, 'someone removed it');
  t.deepEqual(nextStep(wanted, base, found, 9), { kind: 'use' });
});

test('what is not ours is left alone, though it looks like ours', (t) => {
  for (const own of [null, 8]) {
    const step = nextStep(wanted, base, found, own);
    t.is(step.kind, 'wait');
    t.regex(step.kind === 'wait' ? step.why : '', /^interface vrrp\.60 is there already, and not made by Fulcrum: /);
  }
});

test('what was ours and was changed, or hangs on another interface now, is made anew', (t) => {
  const changes = [
    { hardware: Uint8Array.of(2, 0, 0, 0, 0, 1) },
    { hardware: new Uint8Array() },
    { macvlan: null },
    { macvlan: { base: 2, isPrivate: false } },
    { macvlan: { base: 3, isPrivate: true } },
  ];
  for (const change of changes) t.deepEqual(nextStep(wanted, base, { ...found, ...change }, 9), { kind: 'remake' });
});

test('one that is down, or without the interface below, is waited for', (t) => {
  t.deepEqual(nextStep(wanted, base, { ...found, up: false }, 9), { kind: 'wait', why: 'interface vrrp.60 is down' });
  const why = 'interface vrrp.60 needs interface eth0, which is missing';
  for (const each of [null, found]) t.deepEqual(nextStep(wanted, null, each, 9), { kind: 'wait', why });
});

test('a killed run is told by the kind and the MAC address, too', (t) => {
  t.true(isMacvlanOf(found, hardware));
  t.false(isMacvlanOf({ ...found, macvlan: null }, hardware));
  t.false(isMacvlanOf({ ...found, macvlan: { base: 2, isPrivate: false } }, hardware));
  t.false(isMacvlanOf({ ...found, hardware: Uint8Array.of(0, 0, 0x5e, 0, 1, 61) }, hardware));
});

test('a refusal of the kernel says what to do', (t) => {
  t.regex(failureText(wanted, 'EOPNOTSUPP'), /load its module \(modprobe macvlan\)/);
  t.regex(failureText(wanted, 'EEXIST'), /not made by Fulcrum/);
  t.regex(failureText(wanted, 'EBUSY'), /eth0 belongs to a bridge or a bond/);
  t.regex(failureText(wanted, 'EADDRINUSE'), /another one on eth0 has its MAC address/);
  t.is(failureText(wanted, 'ENOMEM'), 'interface vrrp.60 cannot be made: ENOMEM');
});
