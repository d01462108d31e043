/** Servers that do their worst to whoever checks them, in a process of its own; prints their ports by name as JSON. Ends with its stdin. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Sends a beginning, then the same bytes for as long as they are taken. */
const flood =
  (first: string, repeated: Buffer) =>
  (socket: Socket): void => {
    const pour = (): void => {
      while (!socket.destroyed && socket.write(repeated));
    };
    socket.resume();
    socket.on('drain', pour);
    socket.write(first, 'latin1');
    pour();
  };
const many = (text: string): Buffer => Buffer.from(text.repeat(Math.ceil(65_536 / text.length)), 'latin1');

const frame = (type: number, payload: Buffer, flags = 0, stream = 0): Buffer =>
  Buffer.concat([Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]), payload]);
const settings = frame(4, Buffer.alloc(0));
const unknown = Buffer.concat(Array.from({ length: 1000 }, () => frame(99, Buffer.alloc(8))));
const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(6, Buffer.alloc(8))));

/** What a client says before its first frame. */
const PREFACE_BYTES = 24;
const HEADERS = 1;
/** `:status: 200` and `:status: 100`, as HPACK has them. */
const ok = Buffer.of(0x88);
const interim = Buffer.concat([Buffer.of(0x08, 3), Buffer.from('100')]);
/** Frames of the answer to the first request, once that is there. */
const pourAnswer =
  (first: Buffer, repeated: Buffer) =>
  (socket: Socket): void => {
    socket.write(settings);
    const frames = Buffer.concat(Array.from({ length: 1000 }, () => repeated));
    let held = Buffer.alloc(0);
    let at = PREFACE_BYTES;
    const read = (bytes: Buffer): void => {
      held = Buffer.concat([held, bytes]);
      for (; held.length >= at + 9; at += 9 + held.readUIntBE(at, 3)) {
        if (held[at + 3] !== HEADERS) continue;
        socket.off('data', read);
        flood(first.toString('latin1'), frames)(socket);
        return;
      }
    };
    socket.on('data', read);
  };

const streams: Readonly<Record<string, (socket: Socket) => void>> = {
  'endless headers': flood('HTTP/1.1 200 OK\r\n', many('X: y\r\n')),
  'endless line': flood('', many('x')),
  'endless reply': flood('+', many('x')),
  'lying length': flood('HTTP/1.1 200 OK\r\nContent-Length: 4398046511104\r\n\r\n', many('x')),
  'endless chunks': flood('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', many('1;\r\nx\r\n')),
  'endless messages': flood('', many('S\0\0\0\x06x\0')),
  'http/2 pings': flood(settings.toString('latin1'), pings),
  'http/2 unknown frames': flood(settings.toString('latin1'), unknown),
  'http/2 tiny frames': pourAnswer(frame(1, ok, 4, 1), frame(0, Buffer.of(120), 0, 1)),
  'http/2 interim answers': pourAnswer(frame(1, interim, 4, 1), frame(1, interim, 4, 1)),
  'slow body': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 20);
    socket.resume().on('close', () => clearInterval(drip));
  },
  'truncated handshake': (socket) => {
    socket.once('data', () => socket.end(Buffer.from('160303007a020000760303', 'hex')));
  },
};

const ports: Record<string, number> = {};
for (const [name, serve] of Object.entries(streams)) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
}
/** A thousand datagrams for each that comes: half from the port that was asked, half from another. */
const datagrams = createSocket('udp4');
const stranger = createSocket('udp4');
datagrams.on('message', (message, from) => {
  const wrong = Buffer.from(message);
  wrong[0] = (wrong[0] ?? 0) ^ 0xff;
  for (let count = 0; count < 500; count++) {
    datagrams.send(wrong, from.port, from.address);
    stranger.send(message, from.port, from.address);
  }
});
datagrams.bind(0, '127.0.0.1');
await once(datagrams, 'listening');
ports['datagrams'] = datagrams.address().port;
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.resume().on('end', () => process.exit(0));
