/**
 * Hosts a server in a thread that then hangs, lets clients ask meanwhile, and terminates the thread. This process must
 * live on: it says `survived`. In a process of its own, for what it guards against ends the process.
 */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, createServer as createNetServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { parseInJavaScript, throughJavaScript } from '../../../src/os/process/terminable.js';

type Kind = 'http1' | 'http2';

function serve(kind: Kind): Server {
  if (kind === 'http1') {
    const server = createHttpServer((request, response) => {
      request.resume();
      response.end('x');
    });
    parseInJavaScript(server);
    return server;
  }
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume();
    stream.respond({ ':status': 200 });
    stream.end('x');
  });
  return createNetServer((socket) => server.emit('connection', throughJavaScript(socket)));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends requests with bodies over the same few connections, each time that it is called. */
function client(kind: Kind, port: number): () => void {
  if (kind === 'http1') {
    const sockets = [1, 2, 3].map(() => connect(port, '127.0.0.1').on('error', () => {}));
    const request = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc';
    return () => sockets.forEach((socket) => void socket.resume().write(request.repeat(3)));
  }
  const sessions = [1, 2, 3].map(() => connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {}));
  return () => {
    for (const session of sessions) {
      const stream = session.request({ ':path': '/', ':method': 'POST' });
      stream.on('error', () => {}).resume();
      stream.end('abcdefgh');
    }
  };
}

if (isMainThread) {
  const kind = process.argv[2] as Kind;
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: kind });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const send = client(kind, port);
  send();
  // Some are answered meanwhile, and some are on their way.
  await pause(300);
  const hangs = once(worker, 'message');
  worker.postMessage('hang');
  await hangs;
  send();
  // They are in the kernel's buffers of a thread that does not read.
  await pause(200);
  await worker.terminate();
  process.stdout.write('survived\n');
  process.exit();
} else {
  const server = serve(workerData as Kind);
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
  parentPort?.on('message', () =>
    setTimeout(() => {
      parentPort?.postMessage('hangs');
      for (;;);
    }, 1),
  );
}
