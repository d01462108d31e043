/**
 * Servers whose thread can be terminated without the whole process ending.
 *
 * Node's HTTP/1 and HTTP/2 parsers read straight from the socket, in C++, and do not ask whether the thread may still run
 * JavaScript. When a frozen thread is terminated while requests wait on its sockets, its event loop turns once more, those
 * parsers find their callbacks missing, and an assertion aborts the process ("onread->IsFunction()", "ToLocalChecked Empty
 * MaybeLocal"; Node 20, every time with HTTP/2). Where the bytes come by way of JavaScript, nothing is parsed any more then.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Node hands a socket's bytes to the parser itself, unless somebody else listens for them. */
export function parseInJavaScript(server: Server): void {
  server.on('connection', (socket) => socket.on('data', () => {}));
}

/** The same connection, without the native handle that an HTTP/2 session would read from. */
export function throughJavaScript(socket: Socket): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => {
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => stream.destroy());
  return stream;
}
