/** Places for a listener's connections: one that asks for something goes before those that ask for nothing. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { clientOf } from './budget.js';

export type Places = {
  readonly total: number;
  /** Of one address; those of a unix socket have none, and are bounded together alone. */
  readonly perClient: number;
};

/**
 * At most so many connections. When all places are taken, the one that has been idle for longest leaves: it has sent no whole
 * request yet, or none since its last answer. Where none is idle, the new one is refused. A client that has all of its own
 * places makes room among its own: the rest is kept for others.
 */
export function limitConnections(server: Server, places: Places, refused: () => void): void {
  /** With the address of the client, which a socket forgets when it is closed. */
  const open = new Map<Socket, string | undefined>();
  /** Those that idle for longest first. */
  const idle = new Set<Socket>();
  const leave = (socket: Socket): void => {
    open.delete(socket);
    idle.delete(socket);
  };

  /** Whether there is room, or one of those that idle made it. */
  const isRoomFor = (client: string | undefined): boolean => {
    const own = [...open.values()].filter((other) => other === client).length;
    const isClientFull = client !== undefined && own >= places.perClient;
    if (!isClientFull && open.size < places.total) return true;
    refused();
    for (const socket of idle) {
      if (isClientFull && open.get(socket) !== client) continue;
      leave(socket);
      socket.destroy();
      return true;
    }
    return false;
  };

  server.on('connection', (socket: Socket) => {
    const client = socket.remoteAddress === undefined ? undefined : clientOf(socket.remoteAddress);
    if (!isRoomFor(client)) {
      socket.destroy();
      return;
    }
    open.set(socket, client);
    idle.add(socket);
    socket.once('close', () => leave(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) idle.add(socket);
    });
  });
}
