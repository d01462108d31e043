import test from 'ava';
import { baseSettings, ownSettings } from '../../../src/machines/virtual-mac/kernel-settings.js';

const has = (values: Readonly<Record<string, number>>) => (name: string) => values[name] ?? null;
const virtual = { name: 'vrrp.60', base: 'eth0', hardware: new Uint8Array(6), hasIpv6: false };
const settingIn = (settings: ReturnType<typeof ownSettings>, name: string) =>
  settings.find((each) => each.name === name)?.value;

test('of the interface below only what is lower is raised, and what it was is kept', (t) => {
  const of = (values: Readonly<Record<string, number>>) =>
    baseSettings('eth0', has(values)).map(({ name, value, before }) => `${name.split('/').at(-1)} ${before}>${value}`);
  const fresh = { 'net/ipv4/conf/eth0/arp_ignore': 0, 'net/ipv4/conf/eth0/arp_announce': 1 };
  t.deepEqual(of(fresh), ['arp_ignore 0>1', 'arp_announce 1>2']);
  t.deepEqual(of({ ...fresh, 'net/ipv4/conf/all/arp_ignore': 2 }), ['arp_announce 1>2'], 'the higher one counts');
  t.deepEqual(of({ 'net/ipv4/conf/eth0/arp_ignore': 8, 'net/ipv4/conf/eth0/arp_announce': 2 }), []);
  t.deepEqual(of({}), [], 'an interface that went meanwhile');
});

test('the new interface drops no client: its filter of sources is off, or loose where it cannot be', (t) => {
  const filter = 'net/ipv4/conf/vrrp.60/rp_filter';
  t.is(settingIn(ownSettings(virtual, has({ 'net/ipv4/conf/all/rp_filter': 0 })), filter), 0);
  for (const all of [1, 2]) {
    t.is(settingIn(ownSettings(virtual, has({ 'net/ipv4/conf/all/rp_filter': all })), filter), 2);
  }
});

test('the new interface is silent: without IPv6, or with the addresses of the instance alone', (t) => {
  t.is(settingIn(ownSettings(virtual, has({})), 'net/ipv6/conf/vrrp.60/disable_ipv6'), 1);
  const six = ownSettings({ ...virtual, hasIpv6: true }, has({}));
  t.is(settingIn(six, 'net/ipv6/conf/vrrp.60/disable_ipv6'), undefined);
  t.is(settingIn(six, 'net/ipv6/conf/vrrp.60/addr_gen_mode'), 1);
  t.is(settingIn(six, 'net/ipv6/conf/vrrp.60/accept_ra'), 0);
});
