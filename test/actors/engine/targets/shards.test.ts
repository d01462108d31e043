import test from 'ava';
import type { Subscriber } from '../../../../src/actors/engine/service/service.js';
import { shardOf } from '../../../../src/actors/engine/targets/sharding.js';
import { Shards } from '../../../../src/actors/engine/targets/shards.js';
import { type Target, Targets, unknownStatus } from '../../../../src/actors/engine/targets/targets.js';
import { ns } from '../../../../src/model/units.js';
import {
  type FromMonitor,
  type TargetAssignment,
  type ToMonitor,
  targetsLink,
} from '../../../../src/wire/links/targets.js';
import { configWith } from '../../../support/fixtures/config.js';
import { check } from '../../../support/fixtures/service.js';
import { actorRig } from '../../../support/rigs/actor-rig.js';

const subscriber: Subscriber = { notify() {} };
const specOf = (index: number) => ({ host: `10.0.${index >> 8}.${index & 255}`, port: 80, mark: null, check });

/** Messages of a link are delivered before it. */
const delivered = () => new Promise((resolve) => setImmediate(resolve));

function rig(shardCount: number, targetCount: number) {
  const actor = actorRig('engine', configWith());
  const links = Array.from({ length: shardCount }, (_, index) => actor.link(`monitor-${index}`, targetsLink, 'a'));
  const targets = new Targets<Subscriber>(shardCount, () => null);
  const subscribed = Array.from({ length: targetCount }, (_, index) => targets.subscribe(specOf(index), subscriber));
  const shards = new Shards(targets);
  const heard: { readonly keys: readonly string[]; readonly change: boolean }[] = [];
  const told: [string, number][] = [];
  shards.listen(
    actor.context,
    (statuses, change) => heard.push({ keys: statuses.map(({ key }) => key), change }),
    (shard, until) => told.push([shard, until]),
  );
  return {
    targets,
    subscribed,
    shards,
    heard,
    told,
    connect: (shard: number) => links[shard]?.connect(),
    /** What a shard was told since it was last asked for. */
    news: async (shard: number) => {
      await delivered();
      return (links[shard]?.received ?? []).splice(0) as ToMonitor[];
    },
    say: async (shard: number, message: FromMonitor) => {
      links[shard]?.peer.out.next(message);
      await delivered();
    },
  };
}

/** `assign 500`: the kind of each message, and how many targets it has. */
const kindsOf = (messages: readonly ToMonitor[]) =>
  messages.map((message) => {
    if (message.kind === 'assign') return `assign ${message.targets.length}`;
    return message.kind === 'unassign' ? `unassign ${message.keys.length}` : message.kind;
  });
const assignedIn = (messages: readonly ToMonitor[]): TargetAssignment[] =>
  messages.flatMap((message) => (message.kind === 'assign' ? message.targets : []));
const keysOf = (targets: readonly { readonly key: string }[]) => targets.map(({ key }) => key).toSorted();
const ofShard = (targets: readonly Target<Subscriber>[], shard: number) =>
  targets.filter((target) => target.shard === shard);

test('a shard that connects is told its own targets, all of them, in messages of a bounded size', async (t) => {
  const { subscribed, connect, news } = rig(2, 2500);
  connect(1);
  const told = await news(1);
  const own = ofShard(subscribed, 1);
  t.deepEqual(kindsOf(told), [
    'replace-begin',
    'assign 500',
    'assign 500',
    `assign ${own.length - 1000}`,
    'replace-end',
  ]);
  t.deepEqual(keysOf(assignedIn(told)), keysOf(own));
  t.deepEqual(await news(0), [], 'the other one has not asked');
});

test('a shard in a new life is told its targets again, as they were last', async (t) => {
  const { subscribed, connect, news } = rig(1, 2);
  connect(0);
  await news(0);
  const [target] = subscribed;
  if (target === undefined) return t.fail();
  target.status = { ...target.status, state: 'healthy' };
  connect(0);
  const told = await news(0);
  t.deepEqual(kindsOf(told), ['replace-begin', 'assign 2', 'replace-end']);
  t.deepEqual(
    assignedIn(told).map(({ key, resume }) => [key, resume?.state ?? null]),
    subscribed.map(({ key, status }) => [key, status.state === 'unknown' ? null : status.state]),
  );
});

test('each shard hears once what is new or gone among its own targets', async (t) => {
  const { targets, subscribed, shards, connect, news } = rig(2, 20);
  for (const shard of [0, 1]) connect(shard);
  shards.tellMoves();
  for (const shard of [0, 1]) await news(shard);
  const added = targets.subscribe(specOf(20), subscriber);
  const gone = ofShard(subscribed, 1 - added.shard)[0];
  if (gone === undefined) return t.fail();
  targets.unsubscribe(gone.key, subscriber);
  shards.tellMoves();
  t.deepEqual(keysOf(assignedIn(await news(added.shard))), [added.key]);
  t.deepEqual(await news(gone.shard), [{ kind: 'unassign', keys: [gone.key] }]);
  shards.tellMoves();
  for (const shard of [0, 1]) t.deepEqual(await news(shard), []);
});

test('a shard more takes its targets from the others, with what is known of them', async (t) => {
  const { targets, subscribed, shards, connect, news } = rig(3, 30);
  targets.resize(2);
  for (const shard of [0, 1, 2]) connect(shard);
  shards.tellMoves();
  for (const shard of [0, 1, 2]) await news(shard);
  for (const target of subscribed) target.status = { ...target.status, state: 'unhealthy', failures: 3 };
  targets.resize(3);
  shards.tellMoves();
  const moved = assignedIn(await news(2));
  t.deepEqual(moved.map(({ key }) => key).toSorted(), keysOf(subscribed.filter(({ key }) => shardOf(key, 3) === 2)));
  for (const { resume } of moved) t.like(resume, { state: 'unhealthy', failures: 3 });
  const left = [...(await news(0)), ...(await news(1))];
  t.true(left.every((message) => message.kind === 'unassign'));
  t.deepEqual(left.flatMap((message) => (message.kind === 'unassign' ? message.keys : [])).toSorted(), keysOf(moved));
});

test('all have reported when each shard that has targets has told of all of them; one without targets is not waited for', async (t) => {
  const { shards, say, subscribed } = rig(2, 20);
  const [first] = subscribed;
  if (first === undefined) return t.fail();
  await say(0, { kind: 'complete', statuses: [] });
  t.false(shards.allReported());
  await say(1, { kind: 'statuses', statuses: [] });
  await say(1, { kind: 'transitions', statuses: [] });
  t.false(shards.allReported(), 'what comes before the last of them is not all');
  await say(1, { kind: 'complete', statuses: [] });
  t.true(shards.allReported());
  const alone = rig(2, 1);
  const target = alone.subscribed[0];
  if (target === undefined) return t.fail();
  await alone.say(target.shard, { kind: 'complete', statuses: [] });
  t.true(alone.shards.allReported());
});

test('what a shard says is handed on: a change is told from what it knew all along, and how far it is told by its name', async (t) => {
  const { subscribed, say, heard, told } = rig(1, 1);
  const statuses = subscribed.map(({ key }) => unknownStatus(key));
  const keys = keysOf(subscribed);
  await say(0, { kind: 'transitions', statuses });
  await say(0, { kind: 'statuses', statuses });
  await say(0, { kind: 'complete', statuses });
  await say(0, { kind: 'told', until: ns(7) });
  t.deepEqual(heard, [
    { keys, change: true },
    { keys, change: false },
    { keys, change: false },
  ]);
  t.deepEqual(told, [['monitor-0', 7]]);
});
