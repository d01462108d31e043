import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createEngine } from '../../../src/actors/engine/index.js';
import { rehearse } from '../../../src/actors/warm-up/engine.js';
import { tableLink } from '../../../src/wire/links/tables.js';
import { type TargetAssignment, targetsLink } from '../../../src/wire/links/targets.js';
import { configWith } from '../../support/fixtures/config.js';
import { actorRig } from '../../support/rigs/actor-rig.js';

const configIn = (stateDir: string) => configWith({ node: { name: 'test', stateDir } });

test('the engine that rehearses sees a backend die and come back many times, decides each time, and is stopped', async (t) => {
  const config = configIn('/nowhere');
  const probe: TargetAssignment[] = [];
  const states: string[] = [];
  let stopped = false;
  await rehearse(config, (context) => {
    t.is(context.config.services.length, 1);
    const monitor = context.link(targetsLink, 'a');
    const dataplane = context.link(tableLink, 'a');
    probe.push({ key: 'a', spec: { host: '192.0.2.2', port: 0, mark: null } as never, resume: null });
    monitor.out.next({ kind: 'assign', targets: probe });
    monitor.in$.subscribe((message) => {
      if (message.kind === 'transitions') states.push(...message.statuses.map(({ state }) => state));
      dataplane.out.next({ kind: 'complete' });
    });
    return {
      configure() {},
      async stop() {
        stopped = true;
      },
    };
  });
  t.true(stopped);
  t.true(states.length >= 20);
  t.true(states.every((state, index) => state === (index % 2 === 0 ? 'unhealthy' : 'healthy')));
});

test('a rehearsal leaves nothing behind: no file, no message, no event, no timer', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-rehearsal-'));
  const rig = actorRig('engine', configIn(stateDir));
  const dataplane = rig.link('dataplane', tableLink, 'a');
  dataplane.connect();
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const engine = await createEngine(rig.context);
  t.teardown(() => engine.stop());
  // The engine's own: until its first table, to write its state and to look up names now and then.
  t.is(timers(), before + 3);
  t.deepEqual(dataplane.received, []);
  t.deepEqual(rig.events, []);
  t.deepEqual(rig.logged, []);
  t.deepEqual([...rig.items], []);
  t.deepEqual(readdirSync(stateDir), []);
});
