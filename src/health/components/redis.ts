import { shorten } from '../../wire/text/shorten.js';
import type { NamedOptions, OwningCheck } from '../component.js';
import { optionalPeer } from './optional-peer.js';

/** A connected client of the packages redis or ioredis (or any object with their `ping`). */
export interface RedisPinger {
  ping(): Promise<unknown>;
}
export type RedisTarget = RedisPinger | string;

/** @throws TypeError when a URL is not one of Redis */
export function redisCheck(target: RedisTarget, named: NamedOptions, timeoutMs: number): OwningCheck {
  if (typeof target === 'string') return urlCheck(target, named, timeoutMs);
  return { ...named, check: () => expectPong(target) };
}

async function expectPong(client: RedisPinger): Promise<undefined> {
  const answer = await client.ping();
  if (String(answer) !== 'PONG') throw new Error(`PING answered ${JSON.stringify(shorten(String(answer), 50))}`);
}

type OwnClient = RedisPinger & { connect(): Promise<unknown>; destroy(): void; readonly isReady: boolean };

function urlCheck(url: string, named: NamedOptions, timeoutMs: number): OwningCheck {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw new TypeError('the Redis URL must be like redis://:password@localhost:6379');
  }
  let client: OwnClient | null = null;
  const drop = (): void => {
    // A client that never connected has nothing to destroy, and says so by throwing.
    try {
      client?.destroy();
    } catch {}
    client = null;
  };
  return {
    ...named,
    secrets: [url],
    async check(signal) {
      signal.addEventListener('abort', drop, { once: true });
      try {
        if (client?.isReady !== true) {
          drop();
          const fresh = await ownClient(url, timeoutMs);
          signal.throwIfAborted();
          client = fresh;
          await fresh.connect();
        }
        return await expectPong(client as OwnClient);
      } catch (error) {
        drop();
        throw error;
      } finally {
        signal.removeEventListener('abort', drop);
      }
    },
    async close() {
      drop();
    },
  };
}

/** One connection without tricks of its own: no reconnecting behind our back, no queue while offline. */
async function ownClient(url: string, timeoutMs: number): Promise<OwnClient> {
  const { createClient } = await optionalPeer('redis', () => import('redis'));
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
  });
  // Without a listener the process would die of it; the next check says what is wrong.
  client.on('error', () => undefined);
  return client;
}
