import test from 'ava';
import { createMonitor, createMonitorOf } from '../../../src/actors/monitor/index.js';
import { createLoop } from '../../../src/actors/monitor/time/loop.js';
import { rehearse } from '../../../src/actors/warm-up/monitor.js';
import { createCheckerContext, loadCheckers } from '../../../src/checks/load.js';
import { type FromMonitor, type TargetStatus, targetsLink } from '../../../src/wire/links/targets.js';
import { configWith } from '../../support/fixtures/config.js';
import { actorRig } from '../../support/rigs/actor-rig.js';

const checkers = await loadCheckers();

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** Runs a rehearsal whose monitor finds each target as `cause` says. Answers with how many it was given. */
async function rehearsedWith(cause: TargetStatus['cause'] | 'silence'): Promise<{ given: number; stopped: boolean }> {
  const seen = { given: 0, stopped: false };
  await rehearse(configWith(), (context) => {
    const engine = context.link(targetsLink, 'b');
    engine.in$.subscribe((message) => {
      if (message.kind !== 'assign') return;
      seen.given += 1;
      const statuses = message.targets.flatMap(({ resume }) => resume ?? []);
      if (cause !== 'silence')
        engine.out.next({ kind: 'transitions', statuses: statuses.map((status) => ({ ...status, cause })) });
    });
    return {
      configure() {},
      async stop() {
        seen.stopped = true;
      },
    };
  });
  return seen;
}

test.serial('the monitor that rehearses finds one backend after another dead, and is stopped', async (t) => {
  t.deepEqual(await rehearsedWith('refused'), { given: 20, stopped: true });
});

test.serial('its probes are real ones, and refused at once', async (t) => {
  const causes: (string | null)[] = [];
  await rehearse(configWith(), (context) => {
    const parts = { ...createCheckerContext(), loop: createLoop(), checkers: { ...checkers, custom: checkers.tcp } };
    const link = context.link(targetsLink, 'b');
    const next = (message: FromMonitor) => {
      if (message.kind !== 'told') causes.push(...message.statuses.map(({ cause }) => cause));
      link.out.next(message);
    };
    return createMonitorOf({ ...context, link: (() => ({ ...link, out: { next } })) as typeof context.link }, parts);
  });
  t.deepEqual(causes, new Array(20).fill('refused'));
});

test.serial('a host that refuses nothing, or not at once, does not hold up the start', async (t) => {
  t.deepEqual(await rehearsedWith('timeout'), { given: 1, stopped: true });
  t.deepEqual(await rehearsedWith('silence'), { given: 1, stopped: true });
});

test.serial('a rehearsal leaves nothing behind: no message, no event, no timer', async (t) => {
  const rig = actorRig('monitor-0', configWith());
  const engine = rig.link('engine', targetsLink, 'b');
  engine.connect();
  const before = timers();
  const monitor = await createMonitor(rig.context);
  t.is(timers(), before);
  t.deepEqual(engine.received, []);
  t.deepEqual(rig.events, []);
  t.deepEqual(rig.logged, []);
  await monitor.stop();
});
