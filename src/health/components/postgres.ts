import type { NamedOptions, OwningCheck } from '../component.js';
import { optionalPeer } from './optional-peer.js';

/** A pg Client that is connected (or any object with its `query`). */
export interface PostgresClient {
  query(text: string): Promise<unknown>;
}
/** A pg Pool: its `connect` lends a client, which goes back with `release` (true: it is broken, close it). */
export interface PostgresPool {
  readonly totalCount: number;
  connect(): Promise<LentClient>;
}
type LentClient = PostgresClient & {
  release(destroy?: boolean): void;
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
};
export type PostgresTarget = PostgresPool | PostgresClient | string;

const probe = 'SELECT 1';
const ignore = (): void => {};

/** @throws TypeError when a URL is not one of PostgreSQL */
export function postgresCheck(target: PostgresTarget, named: NamedOptions, timeoutMs: number): OwningCheck {
  if (typeof target === 'string') return urlCheck(target, named, timeoutMs);
  if ('totalCount' in target) return { ...named, check: (signal) => probePool(target, signal) };
  return {
    ...named,
    async check() {
      await target.query(probe);
      return undefined;
    },
  };
}

async function probePool(pool: PostgresPool, signal: AbortSignal): Promise<undefined> {
  const client = await pool.connect();
  // The pool listens to idle clients alone. What the server says to this one, a goodbye between two answers or after it was
  // given up, would end the process if nobody heard it.
  client.on?.('error', ignore);
  // A client whose answer has not come can't be given to the next borrower.
  let lent = true;
  const trimHeap = (broken: boolean): void => {
    if (!lent) return;
    lent = false;
    client.release(broken);
    if (!broken) client.off?.('error', ignore);
  };
  const onAbort = (): void => trimHeap(true);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await client.query(probe);
    trimHeap(false);
  } catch (error) {
    trimHeap(!signal.aborted);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function urlCheck(url: string, named: NamedOptions, timeoutMs: number): OwningCheck {
  if (!URL.canParse(url) || !/^postgres(?:ql)?:$/.test(new URL(url).protocol)) {
    throw new TypeError('the PostgreSQL URL must be like postgres://user:password@localhost:5432/database');
  }
  let pool: Promise<PostgresPool & { end(): Promise<void> }> | null = null;
  return {
    ...named,
    secrets: [url],
    async check(signal) {
      pool ??= ownPool(url, timeoutMs);
      pool.catch(() => {
        pool = null;
      });
      return probePool(await pool, signal);
    },
    async close() {
      await (await pool)?.end();
    },
  };
}

/** One connection, kept for the next check; it never keeps the process alive. */
async function ownPool(url: string, timeoutMs: number): Promise<PostgresPool & { end(): Promise<void> }> {
  const { default: pg } = await optionalPeer('pg', () => import('pg'));
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: timeoutMs,
    allowExitOnIdle: true,
    application_name: 'fulcrum-health',
  });
  // An idle connection that the server ends: the next check opens another, and says so if it cannot.
  pool.on('error', () => undefined);
  return pool;
}
