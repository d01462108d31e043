import { fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { type EngineCalls, engineCalls } from '../../../src/actors/engine/calls.js';
import { tcpCheck } from '../../../src/checks/probing/plain-check.js';
import type { RestartPolicy } from '../../../src/machines/supervision/restarts.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { AF_INET, makeSocket, SOCK_STREAM } from '../../../src/os/kernel/socket-call.js';
import { wireError } from '../../../src/wire/links/control.js';
import type { LinkKind } from '../../../src/wire/links/link-kind.js';
import { targetsLink } from '../../../src/wire/links/targets.js';
import type { KeptFds } from '../../../src/workers/host/kept-fds.js';
import { LinkEnd } from '../../../src/workers/links/link-end.js';
import { createCaller } from '../../../src/workers/links/rpc.js';
import type { Child, ChildSpec } from '../../../src/workers/supervision/child.js';
import { portsOf, type ThreadInit, threadOf } from '../../../src/workers/supervision/thread.js';
import { type LinkSpec, StartError, Tree } from '../../../src/workers/supervision/tree.js';
import { configWith } from '../../support/fixtures/config.js';

const policy: RestartPolicy = {
  intensity: 5,
  periodMs: 10_000,
  escalate: true,
  backoffMs: { first: 20, max: 100 },
  startLimitMs: 60_000,
  stopLimitMs: 2000,
};

const echo = (name: string, overrides: Partial<ChildSpec> = {}): ChildSpec => ({
  name,
  kind: 'engine',
  policy,
  deadlineMs: 60_000,
  vital: true,
  excerpt: (config) => config,
  launch: (init: ThreadInit) => {
    const worker = new Worker(new URL('../../support/programs/echo-thread.js', import.meta.url), {
      workerData: init,
      transferList: portsOf(init.host),
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    return threadOf(worker);
  },
  ...overrides,
});

const asks = (actor: string): LinkSpec => ({
  kind: engineCalls.name,
  a: 'asker',
  b: actor,
});

/** A tree, with the test as the outsider that has a link to each echo. */
function grow(t: ExecutionContext, oneByOne = false) {
  const links = new Map<string, LinkEnd>();
  const changes: string[] = [];
  const waiting = new Set<() => void>();
  const linkOf = (name: string, kind: LinkKind = engineCalls) => {
    const link = links.get(name) ?? new LinkEnd(kind, { peer: name, side: 'a' }, () => {});
    links.set(name, link);
    return link;
  };
  const tree = new Tree(configWith(), {
    now: monotonicNow,
    random: () => 0,
    driverModule: null,
    oneByOne,
    outsiders: [{ name: 'asker', connect: (grant) => linkOf(grant.peer).attach(grant, false) }],
    onChange: (child: Child) => {
      changes.push(`${child.name} ${child.state}`);
      for (const look of waiting) look();
    },
  });
  t.teardown(async () => {
    await tree.stop();
    for (const link of links.values()) link.close();
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!condition()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const ask = (name: string) => {
    const { call } = createCaller<EngineCalls>(linkOf(name) as never);
    return call('target-health', { host: 'x', port: 1 });
  };
  const running = (name: string, restarts: number) => () => {
    const view = tree.child(name)?.view();
    return view?.state === 'running' && view.restarts === restarts;
  };
  return { tree, changes, until, ask, running, linkOf };
}

test('actors get ready side by side, are wired, and stop in the reverse of their stages', async (t) => {
  const { tree, ask, changes } = grow(t);
  await tree.start({ stages: [[echo('one')], [echo('two')]], links: [asks('one'), asks('two')] });
  t.deepEqual(await ask('one'), { state: 'healthy', message: 'x from one' });
  t.deepEqual(await ask('two'), { state: 'healthy', message: 'x from two' });
  t.true(changes.indexOf('two starting') < changes.indexOf('one running'));
  await tree.stop();
  t.true(changes.indexOf('two stopped') < changes.indexOf('one stopped'));
});

for (const [fault, deadlineMs, reason] of [
  ['crash', 60_000, /drill: crash/],
  ['out-of-memory', 60_000, /memory limit|out of memory/i],
  ['freeze', 700, /no heartbeat for \d+ ms/],
] as const) {
  test(`after ${fault} an actor is replaced, and its peers are wired to the new one`, async (t) => {
    const { tree, ask, until, running } = grow(t);
    await tree.start({ stages: [[echo('one', { deadlineMs })]], links: [asks('one')] });
    await until(running('one', 0));
    tree.child('one')?.injectFault(fault);
    await until(running('one', 1));
    t.regex(tree.child('one')?.view().last_error ?? '', reason);
    t.deepEqual(await ask('one'), { state: 'healthy', message: 'x from one' });
  });
}

test('what a thread leaves open its replacement gets, and the end of the actor closes it', async (t) => {
  const { tree, until, running } = grow(t);
  const given: KeptFds[] = [];
  const plain = echo('one');
  const spec = {
    ...plain,
    launch: (init: ThreadInit) => {
      given.push(init.host.keptFds);
      return plain.launch(init);
    },
  };
  await tree.start({ stages: [[spec]], links: [asks('one')] });
  const [kept] = given;
  if (kept === undefined) return t.fail();
  const left = makeSocket(AF_INET, SOCK_STREAM);
  kept[3] = left;
  tree.child('one')?.injectFault('crash');
  await until(running('one', 1));
  t.is(given[1], kept);
  t.is(kept[3], left);
  t.notThrows(() => fstatSync(left));
  await tree.stop();
  t.throws(() => fstatSync(left), { code: 'EBADF' });
});

test('what a monitor dies of holds no secret of a check that came at run time', async (t) => {
  const { tree, until, running, linkOf } = grow(t);
  const link = linkOf('probing', targetsLink);
  await tree.start({
    stages: [[echo('probing')]],
    links: [{ kind: targetsLink.name, a: 'asker', b: 'probing' }],
  });
  const check = { ...tcpCheck, send: Buffer.from('AUTH pl4nt3d-s3cr3t-t0k3n') };
  const spec = { host: '127.0.0.1', port: 9, check, mark: null };
  link.out.next({ kind: 'assign', targets: [{ key: 'one', spec, resume: null }] });
  await until(running('probing', 1));
  t.is(tree.child('probing')?.view().last_error, 'cannot send AUTH ***: gone');
});

test('an actor that cannot start makes the start fail, with its reason', async (t) => {
  const { tree } = grow(t);
  const error = await t.throwsAsync(tree.start({ stages: [[echo('failing')]], links: [] }), { instanceOf: StartError });
  t.is(error?.message, 'failing did not start: no such port');
});

test('nobody begins before all are ready, and never where one cannot start', async (t) => {
  const { tree } = grow(t);
  const error = await t.throwsAsync(tree.start({ stages: [[echo('acting')], [echo('failing')]], links: [] }));
  t.is(error?.message, 'failing did not start: no such port');
  t.like(tree.child('acting')?.view(), { state: 'starting', restarts: 0, last_error: null });
});

test('once all are ready they begin; a replacement does so at once', async (t) => {
  const { tree, until } = grow(t);
  await tree.start({ stages: [[echo('acting')], [echo('one')]], links: [] });
  await until(() => (tree.child('acting')?.restarts ?? 0) >= 2);
  t.is(tree.child('acting')?.view().last_error, 'acting began');
});

test('where few files may be open, those of one stage start one after the other', async (t) => {
  const { tree, changes } = grow(t, true);
  await tree.start({ stages: [[echo('one'), echo('two')]], links: [] });
  t.deepEqual(changes, ['one starting', 'one running', 'two starting', 'two running']);
});

test('a system is not well while a vital actor is down; another one may be', async (t) => {
  const { tree, until } = grow(t);
  const slow = { policy: { ...policy, escalate: false, backoffMs: { first: 60_000, max: 60_000 } } };
  const isDown = (name: string) => () =>
    tree.child(name)?.state === 'restarting' && (tree.child(name)?.restarts ?? 0) >= 2;
  const both = { stages: [[echo('acting-door', { ...slow, vital: false })], [echo('acting', slow)]], links: [] };
  await tree.start({ ...both, stages: both.stages.slice(0, 1) });
  await until(isDown('acting-door'));
  t.true(tree.well);
  await tree.change(both, configWith());
  await until(isDown('acting'));
  t.false(tree.well);
});

test('a missing privilege is one for whoever asked for the start too', (t) => {
  const failure = { name: 'MissingPrivilegeError', message: 'no IPVS', stack: '', code: 'ERR_X', missing: 'ip_vs' };
  t.like(wireError(new StartError('dataplane', failure)), {
    message: 'dataplane did not start: no IPVS',
    code: 'ERR_X',
    missing: 'ip_vs',
  });
});

test('a change of plan starts what is new, stops what is gone, and leaves the rest running', async (t) => {
  const { tree, ask } = grow(t);
  await tree.start({ stages: [[echo('one'), echo('two')]], links: [asks('one'), asks('two')] });
  const before = tree.child('two')?.view().thread_id;
  await tree.change({ stages: [[echo('two'), echo('three')]], links: [asks('two'), asks('three')] }, configWith());
  t.deepEqual(
    tree.views().map(({ name, state, restarts }) => [name, state, restarts]),
    [
      ['two', 'running', 0],
      ['three', 'running', 0],
    ],
  );
  t.is(tree.child('two')?.view().thread_id, before);
  t.deepEqual(await ask('three'), { state: 'healthy', message: 'x from three' });
  t.deepEqual(await ask('two'), { state: 'healthy', message: 'x from two' });
});

test('what an actor never took before it was removed is not in the mailbox of a later one', async (t) => {
  const { tree, linkOf } = grow(t);
  const none = { stages: [], links: [] };
  await tree.start({ stages: [[echo('one')]], links: [asks('one')] });
  await tree.change(none, configWith());
  linkOf('one').out.next({ kind: 'request', id: 1, call: 'checks', ask: {} });
  await tree.change({ stages: [[echo('one')]], links: [asks('one')] }, configWith());
  t.is(tree.child('one')?.view().mailbox, 0);
});
