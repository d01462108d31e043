import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { EventHub } from '../../../src/actors/gateway/event-hub.js';
import { type EventFilter, EventStream, type StreamEnd } from '../../../src/actors/gateway/event-stream.js';
import { MAX_EVENT_CLIENTS } from '../../../src/actors/gateway/listeners/listener-limits.js';
import { Store } from '../../../src/machines/telemetry/store.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import { allMetrics } from '../../support/fixtures/metrics.js';
import { type RawClient, rawClient } from '../../support/peers/raw-client.js';
import { counted, type Rig, startRig } from '../../support/rigs/gateway-rig.js';

const alarm = (why: string): FulcrumEvent => ({
  type: 'alarm',
  alarm: 'test',
  why,
  atMs: Date.UTC(2025, 0, 2),
  actor_name: 'engine',
});
const drift: FulcrumEvent = { type: 'drift', op: 'add', what: 'x', why: 'gone', atMs: 0, actor_name: 'dataplane' };
const serviceItem = (name: string): StateItem => ({
  type: 'service',
  key: `service/${name}`,
  name,
  enabled: true,
  healthy: true,
  why: 'fine',
});

const follow = (t: ExecutionContext, rig: Rig, query = '', headers: Record<string, string> = {}): RawClient => {
  const client = rawClient({ path: rig.socketPath });
  t.teardown(() => client.socket.destroy());
  const lines = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  client.socket.write(`GET /api/v1/events${query} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return client;
};

type Message = { readonly id: string; readonly event: string; readonly data: unknown };
const messagesOf = (text: string): Message[] =>
  [...text.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n\n/g)].map(([, id = '', event = '', data = '']) => ({
    id,
    event,
    data: JSON.parse(data) as unknown,
  }));
/** Chunk sizes stand between the pieces; the stream's own lines have none. */
const unchunked = (text: string): string => text.replace(/(^|\n)[0-9a-f]+\r\n/g, '$1').replaceAll('\r\n', '');
const itemsOf = (message: Message | undefined): StateItem[] => (message as { data: { items: StateItem[] } }).data.items;
const whys = (messages: Message[]) => messages.map(({ data }) => (data as { why?: string }).why);

test('events come in order, each with its id, from the moment of the request on', async (t) => {
  const rig = await startRig(t);
  rig.tell('engine', { kind: 'event', event: alarm('before') });
  const client = follow(t, rig);
  const head = await client.until(/retry: 2000/);
  t.regex(head, /^HTTP\/1\.1 200 OK\r\n/);
  t.regex(head, /content-type: text\/event-stream/i);
  for (const why of ['one', 'two', 'three']) rig.tell('engine', { kind: 'event', event: alarm(why) });
  const messages = messagesOf(unchunked(await client.until(/three/)));
  t.deepEqual(whys(messages), ['one', 'two', 'three']);
  const [epoch, first] = messages[0]?.id.split('-') ?? [];
  t.deepEqual(
    messages.map(({ id }) => id),
    [0, 1, 2].map((offset) => `${epoch}-${Number(first) + offset}`),
  );
  t.like(messages[0], {
    event: 'alarm',
    data: { type: 'alarm', at: '2025-01-02T00:00:00.000Z', actor_name: 'engine' },
  });
});

test('Last-Event-ID brings what was missed, and nothing twice', async (t) => {
  const rig = await startRig(t);
  const first = follow(t, rig);
  await first.until(/retry/);
  for (const why of ['one', 'two']) rig.tell('engine', { kind: 'event', event: alarm(why) });
  const seen = messagesOf(unchunked(await first.until(/two/)));
  first.socket.destroy();
  rig.tell('engine', { kind: 'event', event: alarm('three') });
  const again = follow(t, rig, '', { 'last-event-id': seen[0]?.id ?? '' });
  await again.until(/three/);
  rig.tell('engine', { kind: 'event', event: alarm('four') });
  t.deepEqual(whys(messagesOf(unchunked(await again.until(/four/)))), ['two', 'three', 'four']);
  const byQuery = follow(t, rig, `?last_event_id=${seen[1]?.id}`);
  t.deepEqual(whys(messagesOf(unchunked(await byQuery.until(/four/)))), ['three', 'four']);
});

test('an id that cannot be resumed from brings a resync with the whole state, then what follows', async (t) => {
  const rig = await startRig(t);
  rig.tell('engine', { kind: 'state', item: serviceItem('web') });
  const client = follow(t, rig, '', { 'last-event-id': 'otherlife-7' });
  await client.until(/resync[\s\S]*\n\n/);
  rig.tell('engine', { kind: 'event', event: alarm('after') });
  const [resync, after] = messagesOf(unchunked(await client.until(/after/)));
  t.is(resync?.event, 'resync');
  t.like(resync?.data, { why: 'events are counted anew since the gateway started' });
  t.deepEqual(
    itemsOf(resync).find(({ type }) => type === 'service'),
    serviceItem('web'),
  );
  t.is(after?.event, 'alarm');
  const resumed = follow(t, rig, '', { 'last-event-id': resync?.id ?? '' });
  t.deepEqual(
    whys(messagesOf(unchunked(await resumed.until(/after/)))),
    ['after'],
    'the resync’s id can be resumed from',
  );
});

test('types filters the events; state=true adds the state and its changes', async (t) => {
  const rig = await startRig(t);
  rig.tell('engine', { kind: 'state', item: serviceItem('web') });
  const client = follow(t, rig, '?types=drift,config&state=true');
  await client.until(/state-all[\s\S]*\n\n/);
  rig.tell('engine', { kind: 'event', event: alarm('unwanted') });
  rig.tell('engine', { kind: 'state', item: serviceItem('api') });
  rig.tell('engine', { kind: 'state-gone', key: 'service/web' });
  rig.tell('dataplane', { kind: 'event', event: drift });
  const messages = messagesOf(unchunked(await client.until(/event: drift[\s\S]*\n\n/)));
  t.deepEqual(
    messages.map(({ event }) => event),
    ['state-all', 'state', 'state-gone', 'drift'],
  );
  t.deepEqual(messages[2]?.data, { key: 'service/web' });
});

test('too many followers are refused with 429, and one that leaves makes room', async (t) => {
  const rig = await startRig(t);
  const clients = Array.from({ length: MAX_EVENT_CLIENTS }, () => follow(t, rig));
  await Promise.all(clients.map((client) => client.until(/retry/)));
  const refused = await rig.ask('GET', '/api/v1/events');
  t.like(refused.json(), { status: 429, code: 'ERR_TOO_MANY_CLIENTS' });
  const other = rawClient({ host: '127.0.0.1', port: rig.port('control.http') });
  other.socket.write('GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await other.until(/200 OK/);
  other.socket.destroy();
  clients[0]?.socket.destroy();
  await t.notThrowsAsync(async () => {
    for (;;) {
      const client = follow(t, rig);
      if (/200 OK/.test(await client.until(/HTTP\/1.1 (200|429)/))) return;
    }
  });
});

test('a follower that never reads is disconnected and counted; the others miss nothing', async (t) => {
  const rig = await startRig(t);
  const reader = follow(t, rig);
  const silent = follow(t, rig);
  await Promise.all([reader.until(/retry/), silent.until(/retry/)]);
  silent.socket.pause();
  const text = 'x'.repeat(10_000);
  let sent = 0;
  let ended = 0;
  while (ended === 0 && sent < 2000) {
    sent += 1;
    rig.tell('engine', { kind: 'event', event: alarm(`${text}${sent}.`) });
    if (sent % 20 === 0) {
      await reader.until(new RegExp(`x${sent}\\.`));
      ended = counted(rig.meter.take(), 'fulcrum_event_clients_ended_total');
    }
  }
  t.is(ended, 1);
  rig.tell('engine', { kind: 'event', event: alarm('last') });
  t.is(messagesOf(unchunked(await reader.until(/"last"/))).length, sent + 1);
});

/** A stream over a real connection whose other end reads when the test says so. */
async function slowStream(t: ExecutionContext, maxBacklogBytes: number, items: StateItem[], filter: EventFilter) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = rawClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  t.teardown(() => client.socket.destroy());
  client.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, import('node:http').ServerResponse];
  client.socket.pause();
  const ends: StreamEnd[] = [];
  const stream = new EventStream({ response, filter, maxBacklogBytes, onEnd: (reason) => ends.push(reason) });
  stream.start('e-1', null, items);
  return { stream, client, ends, response };
}

const everything: EventFilter = { types: null, state: true };
const manyItems = Array.from({ length: 20_000 }, (_, index) => serviceItem(`service-${index}-${'x'.repeat(200)}`));

test('a state of many megabytes is written as the client takes it, with live events behind it', async (t) => {
  const { stream, client, ends, response } = await slowStream(t, 100_000, manyItems, everything);
  t.true(response.writableLength < 100_000, 'no more is held than the bound');
  stream.send('id: e-2\nevent: alarm\ndata: {"why":"live"}\n\n');
  client.socket.resume();
  const messages = messagesOf(unchunked(await client.until(/"live"\}\n\n/)));
  t.deepEqual(
    messages.map(({ event }) => event),
    ['state-all', 'alarm'],
  );
  t.is(itemsOf(messages[0]).length, manyItems.length);
  t.deepEqual(ends, []);
});

test('live events behind a state that nobody reads are bounded', async (t) => {
  const { stream, ends } = await slowStream(t, 100_000, manyItems, everything);
  for (let index = 0; index < 200; index += 1) stream.send(`id: e\nevent: alarm\ndata: "${'y'.repeat(1000)}"\n\n`);
  t.deepEqual(ends, ['slow']);
});

test('silence is broken by comments', async (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  const hub = new EventHub({ store, onClients: () => {}, onEnd: () => {}, heartbeatMs: 5 });
  const server = createServer((_request, response) =>
    hub.follow('unix', response, { types: null, state: false }, null),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = rawClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  client.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await client.until(/: still here\n\n[\s\S]*: still here\n\n/);
  hub.close();
  await client.until(/\r\n0\r\n\r\n/);
  client.socket.destroy();
  server.close();
  t.pass();
});
