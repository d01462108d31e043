import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import test from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import {
  ask,
  backend,
  destinationAt,
  dial,
  named,
  readAll,
  serve,
  serviceAt,
  startProxy,
} from '../../support/rigs/proxy-rig.js';

test('connections are spread over the destinations, and counted', async (t) => {
  const { proxy, counted } = startProxy(t);
  const a = await named(t, 'a');
  const b = await named(t, 'b');
  const port = await freePort();
  const results = await proxy.apply(serve(serviceAt(port), destinationAt(a.port), destinationAt(b.port)));
  t.true(results.every((result) => result.ok));
  const answers = [await ask(t, port), await ask(t, port), await ask(t, port), await ask(t, port)];
  t.deepEqual(answers.toSorted(), ['a', 'a', 'b', 'b']);
  t.is(counted('accepted'), 4);
  const counts = proxy.counts(null)[0]?.destinations.map(({ connections, bytesOut }) => [connections, bytesOut]);
  t.deepEqual(counts, [
    [2, 2],
    [2, 2],
  ]);
});

test('a client that has said everything still hears everything: half-close is passed on, both ways', async (t) => {
  const { proxy } = startProxy(t);
  const heard: string[] = [];
  const sink = await backend(t, async (socket) => {
    heard.push((await readAll(socket)).toString());
    socket.write('answer ');
    setImmediate(() => socket.end('after the FIN'));
  });
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(sink.port)));
  const client = dial(t, port);
  client.end('question');
  t.is((await readAll(client)).toString(), 'answer after the FIN');
  t.deepEqual(heard, ['question']);
});

test('a backend that closes its side first still hears the client', async (t) => {
  const { proxy } = startProxy(t);
  let hear: (text: string) => void = () => {};
  const heard = new Promise<string>((resolve) => {
    hear = resolve;
  });
  const early = await backend(t, async (socket) => {
    socket.end('bye');
    hear((await readAll(socket)).toString());
  });
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(early.port)));
  const client = dial(t, port);
  t.is((await readAll(client)).toString(), 'bye');
  client.end('still here');
  t.is(await heard, 'still here');
});

test('100 MB reach a slow reader whole and in order, and little of it is kept in between', async (t) => {
  const { proxy } = startProxy(t);
  const block = randomBytes(1024 * 1024);
  const sent = createHash('sha256');
  let written = 0;
  const source = await backend(t, async (socket) => {
    for (let index = 0; index < 100; index++) {
      block.writeUInt32BE(index);
      const chunk = Buffer.from(block);
      sent.update(chunk);
      written += chunk.length;
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    socket.end();
  });
  const port = await freePort();
  const service = serviceAt(port);
  await proxy.apply(serve(service, destinationAt(source.port)));
  const client = dial(t, port);
  const received = createHash('sha256');
  let read = 0;
  let ahead = 0;
  client.pause();
  for await (const chunk of client) {
    received.update(chunk as Buffer);
    read += (chunk as Buffer).length;
    ahead = Math.max(ahead, proxy.buffered);
    // Slow: a turn of the loop between any two reads.
    if (read % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  t.is(read, 100 * 1024 * 1024);
  t.is(written, read);
  t.is(received.digest('hex'), sent.digest('hex'));
  t.true(ahead < 1024 * 1024, `${ahead} bytes were buffered`);
});

test('a client that resets resets the backend, and the other way round', async (t) => {
  const { proxy } = startProxy(t);
  let backendEnd: (how: string) => void = () => {};
  const howBackendEnded = new Promise<string>((resolve) => {
    backendEnd = resolve;
  });
  const first = await backend(t, (socket) => {
    socket.write('hello');
    socket.on('error', (error: NodeJS.ErrnoException) => backendEnd(error.code ?? 'error'));
    socket.on('end', () => backendEnd('FIN'));
    socket.resume();
  });
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(first.port)));
  const client = dial(t, port);
  await once(client, 'data');
  client.resetAndDestroy();
  t.is(await howBackendEnded, 'ECONNRESET');

  const second = await backend(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  const port2 = await freePort();
  await proxy.apply(serve(serviceAt(port2), destinationAt(second.port)));
  const client2 = dial(t, port2);
  client2.write('die');
  const error = await t.throwsAsync(readAll(client2));
  t.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('a backend that dies in the middle of its answer does not look like one that finished', async (t) => {
  const { proxy } = startProxy(t);
  const dying = await backend(t, (socket) => {
    socket.once('data', () => {
      // Both are in the proxy's kernel before it looks at either.
      socket.write('half of the ans');
      socket.resetAndDestroy();
    });
  });
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(dying.port)));
  const client = dial(t, port);
  client.write('question');
  const error = await t.throwsAsync(readAll(client));
  t.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('without a destination a client is reset at once', async (t) => {
  const { proxy, counted } = startProxy(t);
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port)));
  t.is(await ask(t, port), 'reset');
  t.is(counted('no-destination'), 1);
});

test('a backend that refuses is passed over before the client notices', async (t) => {
  const { proxy, counted } = startProxy(t);
  const alive = await named(t, 'alive');
  const gone = await freePort();
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(gone), destinationAt(alive.port)));
  for (let index = 0; index < 4; index++) t.is(await ask(t, port), 'alive');
  t.true(counted('backend-failed') >= 1);
});

test('when every backend refuses, the client is reset', async (t) => {
  const { proxy, counted } = startProxy(t);
  const [one, two] = [await freePort(), await freePort()];
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(one), destinationAt(two)));
  t.is(await ask(t, port), 'reset');
  t.is(counted('connect-failed'), 1);
});

test('an address in use fails with what to do, and the other services are there all the same', async (t) => {
  const { proxy } = startProxy(t);
  const taken = await named(t, 'other program');
  const a = await named(t, 'a');
  const port = await freePort();
  const [one, two, three, four] = await proxy.apply([
    ...serve(serviceAt(taken.port, { name: 'blocked' }), destinationAt(a.port)),
    ...serve(serviceAt(port), destinationAt(a.port)),
  ]);
  t.like(one, {
    ok: false,
    code: 'EADDRINUSE',
    message: `service blocked cannot listen on tcp 127.0.0.1:${taken.port}: EADDRINUSE: another program listens there; stop it, or give the service another address or port`,
  });
  t.like(two, { ok: false, code: 'ENOENT' });
  t.deepEqual([three, four], [{ ok: true }, { ok: true }]);
  t.is(await ask(t, port), 'a');
  t.is(proxy.table().length, 1);
});

test('an address that no interface has is an error, unless VRRP may bring it', async (t) => {
  const address = '192.0.2.77';
  const match = { ...serviceAt(await freePort()).match, address } as const;
  const facts = serviceAt(1, { match } as never);
  const [refused] = await startProxy(t).proxy.apply([{ kind: 'add-service', service: facts }]);
  t.like(refused, { ok: false, code: 'EADDRNOTAVAIL' });
  const [bound] = await startProxy(t, { isVirtual: (one) => one === address }).proxy.apply([
    { kind: 'add-service', service: facts },
  ]);
  t.deepEqual(bound, { ok: true });
});

test('the client’s port counts for sh and mh where a flag says so, and not else', async (t) => {
  const { proxy } = startProxy(t);
  const backends = [await named(t, 'a'), await named(t, 'b')];
  const answers = async (scheduler: 'sh' | 'mh', schedulerFlags: readonly string[]): Promise<number> => {
    const port = await freePort();
    const destinations = backends.map((one) => destinationAt(one.port));
    await proxy.apply(serve(serviceAt(port, { scheduler, schedulerFlags }), ...destinations));
    const seen = new Set<string>();
    // Of so many ports, all go to one backend once in a million runs.
    for (let count = 0; count < 21; count += 1) seen.add(await ask(t, port));
    return seen.size;
  };
  for (const scheduler of ['sh', 'mh'] as const) {
    t.is(await answers(scheduler, [`${scheduler}-port`]), 2, scheduler);
    t.is(await answers(scheduler, []), 1, scheduler);
  }
});
