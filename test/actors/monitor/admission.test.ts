import test from 'ava';
import { Admission, type Host } from '../../../src/actors/monitor/admission.js';

type Probe = { readonly host: Host<Probe>; readonly name: string };

function admission(perHost: number, perShard: number) {
  const started: Probe[] = [];
  const unwanted = new Set<string>();
  const gate = new Admission<Probe>({
    perHost,
    perShard,
    start: (target) => void started.push(target),
    wanted: (target) => !unwanted.has(target.name),
  });
  return {
    gate,
    started,
    unwanted,
    probe: (host: string, number = 0): Probe => ({ host: gate.join(host), name: `${host}${number}` }),
    names: () => started.map(({ name }) => name).join(' '),
  };
}

test('a host has so many under way, and its others wait in order', (t) => {
  const { gate, names, probe } = admission(2, 100);
  const probes = [1, 2, 3, 4].map((number) => probe('a', number));
  for (const each of probes) gate.request(each);
  gate.request(probe('b', 1));
  t.is(names(), 'a1 a2 b1', 'another host does not wait');
  gate.release(probe('a', 1));
  t.is(names(), 'a1 a2 b1 a3');
});

test('a shard has so many under way, and the hosts take turns', (t) => {
  const { gate, names, probe } = admission(100, 2);
  for (const number of [1, 2, 3, 4, 5]) gate.request(probe('a', number));
  gate.request(probe('b', 1));
  gate.request(probe('c', 1));
  gate.request(probe('b', 2));
  for (let i = 0; i < 6; i += 1) gate.release(probe('a', i));
  t.is(names(), 'a1 a2 a3 b1 c1 a4 b2 a5');
});

test('a late host is not passed by those that come while others wait', (t) => {
  const { gate, names, probe } = admission(100, 1);
  gate.request(probe('a', 1));
  gate.request(probe('b', 1));
  gate.release(probe('a', 1));
  gate.request(probe('c', 1));
  gate.request(probe('b', 2));
  gate.release(probe('b', 1));
  gate.release(probe('c', 1));
  t.is(names(), 'a1 b1 c1 b2');
});

test('who is not wanted any more is passed over, and counts for nothing', (t) => {
  const { gate, names, unwanted, probe } = admission(1, 1);
  for (const number of [1, 2, 3]) gate.request(probe('a', number));
  unwanted.add('a2');
  gate.release(probe('a', 1));
  t.is(names(), 'a1 a3');
  t.is(gate.underWay, 1);
  gate.release(probe('a', 3));
  t.is(gate.underWay, 0);
});
