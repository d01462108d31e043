/**
 * The peer: the same line protocol over @grpc/grpc-js clients, one kept per backend, as most would write it:
 * `node agent-grpcjs.js PORT`.
 */
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Client, credentials } from '@grpc/grpc-js';

const clients = new Map<string, Client>();

function check(host: string, port: string, authority: string, done: (answer: string) => void): void {
  const key = `${host} ${port} ${authority}`;
  let client = clients.get(key);
  if (client === undefined) {
    client = new Client(`${host}:${port}`, credentials.createInsecure(), { 'grpc.default_authority': authority });
    clients.set(key, client);
  }
  client.makeUnaryRequest(
    '/grpc.health.v1.Health/Check',
    () => Buffer.alloc(0),
    (bytes) => bytes[1] === 1,
    {},
    { deadline: Date.now() + 1500 },
    (error, serving) => done(error === null && serving === true ? 'up\n' : 'down\n'),
  );
}

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => {
    const [host = '', port = '', , authority = ''] = line.split(' ');
    check(host, port, authority, (answer) => void socket.write(answer));
  });
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));
