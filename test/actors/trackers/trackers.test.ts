import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { createTrackers } from '../../../src/actors/trackers/index.js';
import type { TrackedScript, VrrpConfig } from '../../../src/model/config.js';
import { nsFromMs } from '../../../src/model/units.js';
import { type ToVrrp, trackingLink } from '../../../src/wire/links/vrrp-states.js';
import { configWith } from '../../support/fixtures/config.js';
import { testVrrp } from '../../support/fixtures/vrrp-config.js';
import { actorRig } from '../../support/rigs/actor-rig.js';
import { until } from '../../support/until.js';

const script = (...command: string[]): TrackedScript => ({
  command,
  intervalNs: nsFromMs(50),
  timeoutNs: nsFromMs(30_000),
  rise: 1,
  fall: 1,
  user: null,
  initially: 'unknown',
});

async function start(vrrp: Partial<VrrpConfig>) {
  const config = configWith({ vrrp: { ...testVrrp, ...vrrp } });
  const rig = actorRig('trackers', config);
  const link = rig.link('vrrp', trackingLink, 'a');
  link.connect();
  const actor = await createTrackers(rig.context);
  actor.begin?.();
  const told = () => link.received as ToVrrp[];
  const saysOf = (name: string) => told().filter((each) => each.kind === 'tracked' && each.name === name);
  return {
    rig,
    link,
    actor,
    told,
    saysOf,
    configWith: (next: Partial<VrrpConfig>) => configWith({ vrrp: { ...testVrrp, ...next } }),
  };
}

const runs = (word: string) =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false;
    }
  });

test('a change is told once, and is an event with its reason', async (t) => {
  const { actor, rig, saysOf } = await start({ scripts: { chk: script('/bin/sh', '-c', 'echo no route; exit 2') } });
  await until(() => rig.context.meter.take().some(({ labels }) => labels['result'] === 'bad'));
  await until(() => saysOf('chk').length > 0);
  await actor.stop();
  t.deepEqual(saysOf('chk'), [
    { kind: 'tracked', thing: 'script', name: 'chk', up: false, value: 0, why: 'exit code 2' },
  ]);
  t.deepEqual(rig.events, [
    { type: 'track-state', thing: 'script', name: 'chk', up: false, value: 0, why: 'exit code 2: no route' },
  ]);
});

test('a VRRP that is there anew is told all', async (t) => {
  const { actor, link, saysOf } = await start({ scripts: { a: script('/bin/true'), b: script('/bin/false') } });
  await until(() => saysOf('a').length === 1 && saysOf('b').length === 1);
  link.connect();
  await until(() => saysOf('a').length === 2 && saysOf('b').length === 2);
  await actor.stop();
  t.pass();
});

test('a reload adds and removes; what is removed, and what runs at the stop, is killed', async (t) => {
  const { actor, saysOf, configWith: next } = await start({ scripts: { old: script('/bin/sleep', '86391') } });
  await until(() => runs('86391'));
  actor.configure(next({ scripts: { new: script('/bin/true'), last: script('/bin/sleep', '86390') } }));
  await until(() => !runs('86391') && saysOf('new').length === 1 && runs('86390'));
  await actor.stop();
  await until(() => !runs('86390'));
  t.deepEqual(saysOf('old'), []);
});
