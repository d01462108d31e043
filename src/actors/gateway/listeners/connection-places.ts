/** Places for a listener's connections: one that asks for something goes before those that ask for nothing. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * At most so many connections. When all places are taken, the one that has been idle for longest leaves: it has sent no whole
 * request yet, or none since its last answer. Where none is idle, the new one is refused.
 */
export function limitConnections(server: Server, places: number, refused: () => void): void {
  const open = new Set<Socket>();
  /** Those that idle for longest first. */
  const idle = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (open.size >= places) {
      refused();
      const [longest] = idle;
      if (longest === undefined) {
        socket.destroy();
        return;
      }
      idle.delete(longest);
      open.delete(longest);
      longest.destroy();
    }
    open.add(socket);
    idle.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) idle.add(socket);
    });
  });
}
