import test from 'ava';
import { type LinkChange, linkSetting, readMacvlan, writeLinkChange } from '../../../src/wire/netlink/link.js';
import { attributeMap, readMessages } from '../../../src/wire/netlink/reader.js';
import { readRouteFact } from '../../../src/wire/netlink/route.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';

const IFINFOMSG_BYTES = 16;
const written = (change: LinkChange) => {
  const writer = new NetlinkWriter();
  writeLinkChange(writer, change, 7);
  return writer.take();
};
const hardware = fromHex('00005e00013c');

test('asks for a private macvlan, refused where its name is taken', (t) => {
  // As `strace ip link add link eth0 name vrrp.60 address 00:00:5e:00:01:3c type macvlan mode private` shows it.
  const attributes = '0c000300767272702e363000 0800050002000000 0a00010000005e00013c0000';
  const kind = '0c0001006d6163766c616e00';
  const mode = '0c000280 0800010001000000';
  const message = `5c000000 10000506 07000000 00000000 ${'00'.repeat(16)} ${attributes} 1c001280 ${kind} ${mode}`;
  const change = { op: 'add-macvlan', name: 'vrrp.60', base: 2, hardware } as const;
  t.is(toHex(written(change)), message.replaceAll(' ', ''));
});

test('raises and removes an interface by its index', (t) => {
  const header = '0000000009000000';
  t.is(toHex(written({ op: 'raise', index: 9 })), `20000000100005000700000000000000${header}0100000001000000`);
  t.is(toHex(written({ op: 'remove', index: 9 })), `20000000110005000700000000000000${header}0000000000000000`);
});

test('sets what an interface does with ARP, and whether it makes itself an IPv6 address', (t) => {
  const set = (name: string, value: number) => {
    const known = linkSetting(name);
    return known === null ? null : toHex(written({ op: 'set', index: 9, setting: known.setting, value })).slice(64);
  };
  // IFLA_AF_SPEC, AF_INET, IFLA_INET_CONF, and the setting's number.
  t.is(set('net/ipv4/conf/vrrp.60/arp_ignore', 1), '14001a801000028 00c000180 0800130001000000'.replaceAll(' ', ''));
  t.is(set('net/ipv6/conf/vrrp.60/addr_gen_mode', 1), '10001a800c000a800500080001000000');
  t.is(set('net/ipv6/conf/vrrp.60/accept_ra', 0), null);
  t.is(set('net/ipv4/conf/vrrp.60/forwarding', 0), null);
  t.is(linkSetting('net/ipv4/conf/vrrp.60/arp_ignore')?.link, 'vrrp.60');
});

test('reads back what it writes, and of other kinds of interfaces nothing', (t) => {
  const [message] = readMessages(written({ op: 'add-macvlan', name: 'vrrp.60', base: 2, hardware })).items;
  const fact = message === undefined ? null : readRouteFact(message);
  t.like(fact, { kind: 'link', name: 'vrrp.60', hardware, macvlan: { base: 2, isPrivate: true } });
  const attributes = attributeMap(message?.payload.subarray(IFINFOMSG_BYTES) ?? new Uint8Array());
  const [link, info] = [attributes?.get(5), attributes?.get(18)];
  t.is(readMacvlan(undefined, info), null);
  t.is(readMacvlan(link, undefined), null);
  const veth = fromHex(toHex(info ?? new Uint8Array()).replace('6d6163', '766574'));
  t.is(readMacvlan(link, veth), null);
  const bridged = fromHex(toHex(info ?? new Uint8Array()).replace(/01000000$/u, '04000000'));
  t.deepEqual(readMacvlan(link, bridged), { base: 2, isPrivate: false });
});
