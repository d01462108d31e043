import test from 'ava';
import fc from 'fast-check';
import { ControlClient } from '../../src/cli/client.js';
import { followEvents, MessageParser } from '../../src/cli/event-source.js';
import { startRig } from '../support/rigs/gateway-rig.js';

const stream =
  'retry: 2000\n\nid: e-1\nevent: alarm\ndata: {"a":1}\n\n: still here\n\nid: e-2\nevent: drift\ndata: {}\n\n';

test('messages are the same however the text is cut', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 10 }), (cuts) => {
      const parser = new MessageParser();
      const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const messages = places.slice(1).flatMap((end, index) => parser.push(stream.slice(places[index], end)));
      t.deepEqual(messages, [
        { id: 'e-1', event: 'alarm', data: '{"a":1}' },
        { id: 'e-2', event: 'drift', data: '{}' },
      ]);
    }),
    { seed: 2 },
  );
});

test('following goes on across a restart of the gateway, and hears that something may be missing', async (t) => {
  const alarm = (why: string) =>
    ({ kind: 'event', event: { type: 'alarm', alarm: 'x', why, atMs: 0, actor_name: 'engine' } }) as const;
  const first = await startRig(t);
  const stop = new AbortController();
  const client = new ControlClient({ kind: 'socket', path: first.socketPath });
  const seen: string[] = [];
  const heard = new Map<string, () => void>();
  const hear = (event: string) => new Promise<void>((resolve) => heard.set(event, resolve));
  const resynced = hear('resync');
  const following = (async () => {
    for await (const message of followEvents(client, '?state=true', null, stop.signal)) {
      seen.push(message.event);
      heard.get(message.event)?.();
    }
  })();
  await hear('state-all');
  first.tell('engine', alarm('one'));
  await hear('alarm');
  await first.gateway.stop();
  const second = await startRig(t, {
    config: { control: { socket: first.socketPath, http: null, grpc: null, tokenFile: null } },
  });
  await resynced;
  const alarmed = hear('alarm');
  second.tell('engine', alarm('two'));
  await alarmed;
  stop.abort();
  await following;
  t.deepEqual(
    seen.filter((event) => event !== 'state'),
    ['state-all', 'alarm', 'resync', 'alarm'],
  );
  await second.gateway.stop();
});

test('following ends when that is asked for while the connection is being made', async (t) => {
  const rig = await startRig(t);
  const stop = new AbortController();
  const client = new ControlClient({ kind: 'socket', path: rig.socketPath });
  const first = followEvents(client, '?state=true', null, stop.signal).next();
  stop.abort();
  t.true((await first).done);
  await rig.gateway.stop();
});
