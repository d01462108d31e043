import { type Connection, destroyConnection } from './connection.js';
import { IdlePool } from './idle-pool.js';

/** Connections kept between probes. One on which anything happens while it is idle is of no more use. */
export class ConnectionPool {
  readonly #pool = new IdlePool<Connection>(destroyConnection);

  take(key: string): Connection | undefined {
    return this.#pool.take(key);
  }

  /** Takes over a connection that its exchange has let go of. */
  put(key: string, connection: Connection, keepMs: number): void {
    const discard = (): void => {
      this.#pool.drop(key, connection);
      destroyConnection(connection);
    };
    for (const event of ['data', 'end', 'close']) connection.socket.on(event, discard);
    this.#pool.put(key, connection, keepMs);
  }

  close(): void {
    this.#pool.close();
  }
}
