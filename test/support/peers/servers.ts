/** Small scripted servers on loopback, each on a port of its own, closed when the test is over. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A TCP server that does as told with each connection. Returns its port. */
export async function tcpServer(t: ExecutionContext, onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer(onConnection);
  return listen(t, server);
}

/** Listens on a free port; ends the server and its connections with the test. */
export async function listen(t: ExecutionContext, server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A UDP server that sends this, made of what it was asked, to whoever asks for as long as the test takes. */
export async function floodingUdpServer(
  t: ExecutionContext,
  answerTo: (datagram: Buffer) => Uint8Array,
): Promise<number> {
  let over = false;
  t.teardown(() => {
    over = true;
  });
  return udpServer(t, (datagram, reply) => {
    const answer = answerTo(datagram);
    const pour = (): void => {
      if (over) return;
      for (let count = 0; count < 20; count += 1) reply(answer);
      setImmediate(pour);
    };
    pour();
  });
}

/** A UDP server that answers as told. Returns its port. */
export async function udpServer(
  t: ExecutionContext,
  onDatagram: (datagram: Buffer, reply: (answer: Uint8Array) => void, socket: DatagramSocket, port: number) => void,
): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (datagram, from) =>
    onDatagram(datagram, (answer) => socket.send(answer, from.port, from.address), socket, from.port),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => new Promise((resolve) => socket.close(() => resolve(undefined))));
  return socket.address().port;
}
