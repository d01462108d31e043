import test from 'ava';
import { Peer } from '../../../../src/actors/vrrp/instance/peer.js';
import { ns, nsFromMs } from '../../../../src/model/units.js';

const address = Uint8Array.of(10, 0, 0, 2);
const interval = nsFromMs(100);
const base = 1_000e9;

test('says how far adverts are from their interval, whichever way', (t) => {
  const peer = new Peer();
  t.is(peer.heard(address, 200, interval, ns(base)), -1);
  t.is(peer.heard(address, 200, interval, ns(base + 100_500_000)), 500_000);
  t.is(peer.heard(address, 200, interval, ns(base + 200_300_000)), 200_000);
  t.is(peer.address, '10.0.0.2');
  t.is(peer.priority, 200);
});

test('a lost advert, another sender, another interval or a missing stamp is no jitter', (t) => {
  const peer = new Peer();
  peer.heard(address, 200, interval, ns(base));
  t.is(peer.heard(address, 200, interval, ns(base + 200_000_000)), -1);
  t.is(peer.heard(Uint8Array.of(10, 0, 0, 3), 200, interval, ns(base + 300_000_000)), -1);
  t.is(peer.heard(Uint8Array.of(10, 0, 0, 3), 200, nsFromMs(10), ns(base + 310_000_000)), -1);
  t.is(peer.heard(Uint8Array.of(10, 0, 0, 3), 200, nsFromMs(10), ns(0)), -1);
  t.is(peer.jitterNs, 0);
});

test('the mean follows steady jitter', (t) => {
  const peer = new Peer();
  for (let index = 0; index < 500; index += 1) {
    peer.heard(address, 200, interval, ns(base + index * 1e8 + (index % 2) * 50_000));
  }
  t.true(Math.abs(peer.jitterNs - 50_000) < 500);
});

test('a peer that resigned keeps the priority that it ran with, until it adverts again', (t) => {
  const peer = new Peer();
  t.false(peer.resigned);
  peer.heard(address, 200, interval, ns(base));
  peer.heard(address, 0, interval, ns(base + 50_000_000));
  t.is(peer.priority, 200);
  t.true(peer.resigned);
  t.is(peer.text, '10.0.0.2, priority 200');
  peer.heard(address, 150, interval, ns(base + 100_000_000));
  t.is(peer.priority, 150);
  t.false(peer.resigned);
});

test('of a stranger that does nothing but resign no priority is told, nor that of the peer before it', (t) => {
  const peer = new Peer();
  peer.heard(address, 200, interval, ns(base));
  peer.heard(Uint8Array.of(10, 0, 0, 3), 0, interval, ns(base + 50_000_000));
  t.is(peer.priority, 0);
  t.true(peer.resigned);
  t.is(peer.text, '10.0.0.3');
});
