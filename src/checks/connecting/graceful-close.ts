import { destroyConnection, type NodeConnection } from './connection.js';

/** How long a server may take to close a connection after the goodbye. */
const PATIENCE_MS = 1000;

/** Ends connections as their protocol wants it, after the probe has its result: a bare reset would fill the server's log. */
export class Farewells {
  readonly #goodbye: Buffer;
  readonly #leaving = new Map<NodeConnection, NodeJS.Timeout>();

  constructor(goodbye: Buffer) {
    this.#goodbye = goodbye;
  }

  /** Takes over a connection that its exchange has let go of. */
  say(connection: NodeConnection): void {
    const leave = (): void => this.#leave(connection);
    this.#leaving.set(connection, setTimeout(leave, PATIENCE_MS).unref());
    for (const event of ['end', 'close']) connection.socket.on(event, leave);
    connection.socket.resume();
    connection.socket.write(this.#goodbye);
  }

  /** Ends those that still wait. */
  close(): void {
    for (const connection of this.#leaving.keys()) this.#leave(connection);
  }

  #leave(connection: NodeConnection): void {
    clearTimeout(this.#leaving.get(connection));
    this.#leaving.delete(connection);
    destroyConnection(connection);
  }
}
