import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { descriptors, loadActor, metricsOf } from '../../src/actors/registry.js';
import { MAIN, SUPERVISOR } from '../../src/actors/supervisor/ends.js';
import { monotonicNow } from '../../src/os/clock/clock.js';
import { planOf } from '../../src/supervisor.js';
import { LinkEnd } from '../../src/workers/links/link-end.js';
import { LinkEnds } from '../../src/workers/links/link-ends.js';
import { createCaller } from '../../src/workers/links/rpc.js';
import { portsOf, type ThreadInit, threadOf } from '../../src/workers/supervision/thread.js';
import { Tree } from '../../src/workers/supervision/tree.js';
import { configWith } from '../support/fixtures/config.js';
import { fakes, type PeerCalls, peerCalls } from '../support/fixtures/fake-actors.js';
import { noPool } from '../support/fixtures/no-pool.js';

test('a descriptor is all it takes: its actors are spawned, linked, called and counted', async (t) => {
  const config = configWith({ runtime: { monitorShards: 2, proxyThreads: 1 } });
  const plan = planOf(config, noPool, { logTo: null, watched: false }, fakes);
  const links = new LinkEnds((kind, link) => new LinkEnd(kind, link, () => {}));
  const tree = new Tree(config, {
    now: monotonicNow,
    random: () => 0,
    driverModule: null,
    oneByOne: false,
    outsiders: [
      { name: SUPERVISOR, connect: ({ port }) => port.close() },
      { name: MAIN, connect: (grant) => links.connect(grant) },
    ],
    onChange: () => {},
  });
  t.teardown(async () => {
    await tree.stop();
    links.close();
  });
  // The threads of the product know the actors of the product.
  const launch = (init: ThreadInit) =>
    threadOf(
      new Worker(new URL('../support/programs/fake-actor-thread.js', import.meta.url), {
        workerData: init,
        transferList: portsOf(init.host),
      }),
    );
  await tree.start({ ...plan, stages: plan.stages.map((stage) => stage.map((child) => ({ ...child, launch }))) });
  t.deepEqual(
    tree.views().map(({ name, state }) => [name, state]),
    [
      ['fake-0', 'running'],
      ['fake-1', 'running'],
      ['fake-peer', 'running'],
    ],
  );
  const { call } = createCaller<PeerCalls>(links.end(peerCalls, 'a', peerCalls.of));
  t.deepEqual(await call('heard', {}), ['fake-0', 'fake-1']);
  t.deepEqual(await call('counted', {}), ['fake-0 fake_greetings_total', 'fake-1 fake_greetings_total']);
});

test('a kind that nobody registered is refused by its name', (t) => {
  t.throws(() => loadActor('bgp'), { message: "there is no actor of the kind 'bgp'" });
});

test('no kind of actor, no link’s name and no metric has two owners', (t) => {
  const twice = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) !== index);
  t.deepEqual(twice(descriptors.map(({ kind }) => kind)), []);
  t.deepEqual(twice(metricsOf(descriptors).map(({ name }) => name)), []);
  const links = new Set(descriptors.flatMap(({ speaks = [], hears = [] }) => [...speaks, ...hears]));
  t.deepEqual(twice([...links].map(({ name }) => name)), []);
});

/** Where a word that is also an actor's kind means something else, or is a part of what the outside sees. */
const otherMeanings: readonly { readonly word: RegExp; readonly where: RegExp; readonly why: string }[] = [
  { word: /./, where: /^(config|checks)\//, why: 'sections and options of a document' },
  { word: /./, where: /^import\//, why: 'sections of the document that an import writes' },
  { word: /./, where: /^cli\//, why: 'commands, and types of events as people see them' },
  { word: /^log$/, where: /./, why: 'the property of a context, and the message that is a record' },
  { word: /^proxy$/, where: /^(model|wire\/links|dataplane|actors\/(dataplane|gateway))\//, why: 'a kind of driver' },
  {
    word: /^(vrrp|dataplane)$/,
    where: /^(model\/observing|machines|actors\/(gateway|hooks)|dataplane)\//,
    why: 'types of events, of pushed state and of troubles, which the API shows',
  },
  {
    word: /^vrrp-$/,
    where: /^(model\/observing|machines\/hooks|wire\/(links|hooks))\//,
    why: 'types of events, and a message',
  },
  { word: /^agent$/, where: /^threads\/agent\.ts$/, why: 'the standalone agent says in its records who speaks' },
];

test('no file names an actor’s kind outside its folder', (t) => {
  const used = new Set<string>();
  const found: string[] = [];
  const kinds = descriptors.map(({ kind }) => kind).join('|');
  const named = new RegExp(`['\`](?:(${kinds})['\`]|((?:${kinds})-)(?!['\`]))`, 'g');
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join('src', file), 'utf8').replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
    for (const [, whole, start] of text.matchAll(named)) {
      const word = whole ?? start ?? '';
      if (file.startsWith(`actors/${word.replace(/-$/, '')}/`)) continue;
      const meaning = otherMeanings.find((each) => each.word.test(word) && each.where.test(file));
      if (meaning === undefined) found.push(`${file}: '${word}'`);
      else used.add(meaning.why);
    }
  }
  t.deepEqual(found, []);
  t.deepEqual(
    otherMeanings.map(({ why }) => why).filter((why) => !used.has(why)),
    [],
    'an exception that nothing needs',
  );
});
