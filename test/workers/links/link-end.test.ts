import { MessageChannel } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { firstValueFrom, type Observable, take, takeWhile, toArray } from 'rxjs';
import { engineCalls } from '../../../src/actors/engine/calls.js';
import type { LinkKind } from '../../../src/wire/links/link-kind.js';
import { logLink } from '../../../src/wire/links/log.js';
import { telemetryLink } from '../../../src/wire/links/telemetry.js';
import { type FromVrrp, vrrpStateLink } from '../../../src/wire/links/vrrp-states.js';
import { createCounters, directionCounters } from '../../../src/workers/links/link-counters.js';
import { LinkEnd, type LinkFate } from '../../../src/workers/links/link-end.js';

function pair(t: ExecutionContext, kind: LinkKind, options: { polledReader: boolean } = { polledReader: false }) {
  const fates: [string, LinkFate][] = [];
  const onFate = (fate: LinkFate, detail: string) => void fates.push([detail, fate]);
  const writer = new LinkEnd(kind, { peer: 'reader', side: 'a' }, onFate);
  const reader = new LinkEnd(kind, { peer: 'writer', side: 'b' }, onFate);
  const connect = (incarnation = 1) => {
    const { port1, port2 } = new MessageChannel();
    const counters = createCounters();
    writer.attach({ peer: 'reader', kind: kind.name, side: 'a', incarnation, counters, port: port1 }, false);
    reader.attach(
      { peer: 'writer', kind: kind.name, side: 'b', incarnation, counters, port: port2 },
      options.polledReader,
    );
    return { counters, port1, port2 };
  };
  t.teardown(() => {
    writer.close();
    reader.close();
  });
  return { writer, reader, connect, fates };
}

const state = (instance: string, why: string): FromVrrp => ({ kind: 'vrrp-state', instance, state: 'master', why });
const whys = (messages: unknown[]) => messages.map((message) => (message as FromVrrp).why);

test('messages arrive in the order in which they were sent, those from before the connection first', async (t) => {
  const { writer, reader, connect } = pair(t, engineCalls);
  const received = firstValueFrom(reader.in$.pipe(take(3), toArray()));
  const request = (id: number) => ({ kind: 'request', id, call: 'checks', ask: {} });
  writer.out.next(request(1));
  writer.out.next(request(2));
  connect();
  writer.out.next(request(3));
  t.deepEqual(await received, [request(1), request(2), request(3)]);
});

test('messages that come before anyone listens wait for the first who does, and are not taken before', async (t) => {
  const { writer, reader, connect } = pair(t, engineCalls);
  const { counters } = connect();
  const request = (id: number) => ({ kind: 'request', id, call: 'checks', ask: {} });
  for (let id = 1; id <= 300; id += 1) writer.out.next(request(id));
  // The window is 256 messages.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.is(directionCounters(counters, 'aToB').depth(), 256);
  const received = await firstValueFrom(reader.in$.pipe(take(300), toArray()));
  t.deepEqual(
    received.map((message) => (message as { id: number }).id),
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
});

test('a coalescing link keeps the newest message of each key while its reader is slow', async (t) => {
  const { writer, reader, connect, fates } = pair(t, vrrpStateLink, { polledReader: true });
  connect();
  const received: unknown[] = [];
  reader.in$.subscribe((message) => received.push(message));
  for (let i = 0; i < 1024; i += 1) writer.out.next(state('other', 'fills the window'));
  writer.out.next(state('vi1', 'old'));
  writer.out.next(state('vi2', 'only'));
  writer.out.next(state('vi1', 'new'));
  // One turn takes a window's worth of frames, the handshake among them.
  reader.poll();
  reader.poll();
  t.is(received.length, 1024);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  reader.poll();
  t.deepEqual(whys(received.slice(1024)), ['new', 'only']);
  t.deepEqual(fates, [['vi1', 'coalesced']]);
});

test('a dropping link counts what it drops, and its memory is bounded', (t) => {
  const { writer, connect, fates } = pair(t, logLink, { polledReader: true });
  connect();
  const record = { kind: 'log', level: 'info', atMs: 0, actor: 'x', fields: {}, message: 'm' };
  for (let i = 0; i < 3000; i += 1) writer.out.next(record);
  t.is(fates.length, 3000 - 2 * 1024);
  t.true(fates.every(([, fate]) => fate === 'dropped'));
});

test('a mailbox’s depth is what was sent and not taken', (t) => {
  const { writer, reader, connect } = pair(t, logLink, { polledReader: true });
  reader.in$.subscribe();
  const { counters } = connect();
  const depth = directionCounters(counters, 'aToB').depth;
  for (let i = 0; i < 5; i += 1) {
    writer.out.next({ kind: 'log', level: 'info', atMs: 0, actor: 'x', fields: {}, message: 'm' });
  }
  t.is(depth(), 5);
  t.is(writer.backlog(), 5);
  reader.poll();
  t.is(depth(), 0);
  t.is(writer.backlog(), 0);
});

test('a bad message is counted and dropped, and the stream goes on', async (t) => {
  const { reader, connect, fates } = pair(t, vrrpStateLink);
  const { port1 } = connect();
  const received = firstValueFrom(reader.in$);
  port1.postMessage(new Uint8Array([0xc1]));
  port1.postMessage({ what: 'is this' });
  const good = state('vi1', 'good');
  port1.postMessage(vrrpStateLink.aToB.protocol.encode(good));
  t.deepEqual(await received, good);
  t.deepEqual(
    fates.map(([, fate]) => fate),
    ['malformed', 'malformed'],
  );
});

test('a peer of another version is refused', async (t) => {
  const { port1, port2 } = new MessageChannel();
  const fates: LinkFate[] = [];
  const done = new Promise<void>((resolve) => {
    const reader = new LinkEnd(vrrpStateLink, { peer: 'writer', side: 'b' }, (fate) => {
      fates.push(fate);
      if (fates.length === 2) resolve(reader.close());
    });
    reader.in$.subscribe(() => t.fail('nothing may be delivered'));
    const counters = createCounters();
    reader.attach(
      { peer: 'writer', kind: vrrpStateLink.name, side: 'b', incarnation: 1, counters, port: port2 },
      false,
    );
  });
  port1.postMessage({ hello: 'from-vrrp', version: 99 });
  port1.postMessage(vrrpStateLink.aToB.protocol.encode(state('vi1', 'x')));
  await done;
  t.deepEqual(fates, ['refused-version', 'refused-version']);
});

test('after a replacement the same link goes on over the new port', async (t) => {
  const { writer, reader, connect } = pair(t, vrrpStateLink);
  const incarnations: number[] = [];
  writer.connected$.subscribe((incarnation) => incarnations.push(incarnation));
  connect(1);
  connect(2);
  const received = firstValueFrom(reader.in$);
  writer.out.next(state('vi1', 'after'));
  t.deepEqual(await received, state('vi1', 'after'));
  t.deepEqual(incarnations, [1, 2]);
});

test('what a new reader is told begins with `state-begin`, whatever waited for it', async (t) => {
  const { writer, reader, connect } = pair(t, telemetryLink);
  const tell = (key: string) =>
    writer.out.next({ kind: 'state', item: { type: 'dataplane', key, driver: 'x', why: '' } });
  // As the host of an actor does it.
  const keys = Array.from({ length: 3000 }, (_, index) => `item-${index}`);
  writer.connected$.subscribe(() => {
    writer.out.next({ kind: 'state-begin', actor: 'engine' });
    for (const key of keys) tell(key);
    writer.out.next({ kind: 'state-end', actor: 'engine' });
  });
  for (const key of keys) tell(key);
  writer.out.next({ kind: 'metrics', samples: [] });
  const messages$ = reader.in$ as Observable<{ kind: string }>;
  const received = firstValueFrom(
    messages$.pipe(
      takeWhile(({ kind }) => kind !== 'state-end', true),
      toArray(),
    ),
  );
  connect();
  const kinds = (await received).map(({ kind }) => kind);
  t.deepEqual(kinds.slice(0, 2), ['metrics', 'state-begin'], 'what has no key waits in its place');
  t.is(kinds.length, 3003);
});
