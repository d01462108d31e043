import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parseInJavaScript, throughJavaScript } from '../../../src/os/process/terminable.js';

const program = fileURLToPath(new URL('../../support/programs/terminated-main.js', import.meta.url));
const run = (kind: string) => spawnSync(process.execPath, [program, kind], { encoding: 'utf8', timeout: 60_000 });

for (const kind of ['http1', 'http2']) {
  test(`a hanging ${kind} thread with requests waiting is terminated, and the process lives on`, (t) => {
    const { stdout, stderr, status } = run(kind);
    t.is(stdout, 'survived\n', stderr);
    t.is(status, 0);
  });
}

test('a request is answered when its bytes come by way of JavaScript', async (t) => {
  const server = createServer((_request, response) => response.end('x'.repeat(3_000_000)));
  parseInJavaScript(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [response] = (await once(
    request({ port: (server.address() as AddressInfo).port, agent: false }).end(),
    'response',
  )) as [AsyncIterable<Buffer>];
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  t.is(bytes, 3_000_000);
  server.close();
});

test('a connection through JavaScript is whole both ways, waits for slow readers, and ends when either side does', async (t) => {
  const sent = Buffer.alloc(8 * 1024 * 1024, 'abcdefg');
  const server = createNetServer({ allowHalfOpen: true }, async (socket) => {
    const stream = throughJavaScript(socket);
    const chunks: Buffer[] = [];
    stream.on('readable', async () => {
      for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
        chunks.push(chunk);
      }
    });
    await once(stream, 'end');
    stream.end(Buffer.concat(chunks));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.end(sent);
  const received: Buffer[] = [];
  for await (const chunk of client as AsyncIterable<Buffer>) received.push(chunk);
  t.true(Buffer.concat(received).equals(sent));
  await new Promise((resolve) => server.close(resolve));
});

test('a connection through JavaScript that is destroyed closes its socket, and the other way round', async (t) => {
  const streams: ReturnType<typeof throughJavaScript>[] = [];
  const server = createNetServer((socket) => streams.push(throughJavaScript(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = async () => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    await once(server, 'connection');
    return client;
  };
  const first = await open();
  first.resume();
  streams[0]?.destroy();
  await once(first, 'close');
  const second = await open();
  const closed = new Promise((resolve) => streams[1]?.on('error', () => {}).on('close', resolve));
  second.resetAndDestroy();
  await closed;
  t.pass();
  server.close();
});
