import { type ByteStream, type Connection, destroyConnection } from './connection.js';
import { IdlePool } from './idle-pool.js';

/** Connections kept between probes. One on which anything happens while it is idle is of no more use. */
export class ConnectionPool<C extends Connection = Connection> {
  readonly #pool = new IdlePool<C>(destroyConnection);

  take(key: string): C | undefined {
    return this.#pool.take(key);
  }

  /** Takes over a connection that its exchange has let go of. */
  put(key: string, connection: C, keepMs: number): void {
    const discard = (): void => {
      this.#pool.drop(key, connection);
      destroyConnection(connection);
    };
    const socket: ByteStream = connection.socket;
    socket.on('data', discard);
    for (const event of ['end', 'close'] as const) socket.on(event, discard);
    this.#pool.put(key, connection, keepMs);
  }

  close(): void {
    this.#pool.close();
  }
}
