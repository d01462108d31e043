/** What bounds the proxy, and why. */
import { readFileSync } from 'node:fs';

/** Of one thread, both sides counted as one: at the measured 6 KB each (at rest), 240 MB. */
const MAX_CONNECTIONS = 40_000;
/** Of one service: one that is flooded leaves the others of its thread room. */
export const MAX_SERVICE_CONNECTIONS = 20_000;
/** Descriptors that everything else in the process may need: checks, links, the API. */
const RESERVED_DESCRIPTORS = 1024;

/** Over all attempts to reach a backend; the client waits meanwhile. */
export const CONNECT_BUDGET_MS = 5000;
/** One attempt: a backend that drops packets must leave time for another one. */
export const CONNECT_ATTEMPT_MS = 2000;
/** The first choice and two more. */
export const CONNECT_ATTEMPTS = 3;

/** No byte either way: as long as IPVS keeps an established connection (its TCP timeout, 15 minutes). */
export const IDLE_TIMEOUT_S = 900;
/** The same with one side closed: as IPVS in FIN_WAIT. */
export const HALF_CLOSED_TIMEOUT_S = 120;
/** First keep-alive probe: finds peers that went without a word well within the idle timeout. */
export const KEEP_ALIVE_DELAY_MS = 60_000;
/** Buffered for peers that do not read, in one thread; beyond it those that wait longest are reset. */
export const MAX_BUFFERED_BYTES = 256 * 1024 * 1024;
/** A peer that took nothing for so long is the first to go when buffers run out. */
export const STALLED_S = 10;

/** Connections that the kernel holds for us while we are busy; it cuts this to net.core.somaxconn. */
export const LISTEN_BACKLOG = 4096;

/** Client addresses with a known backend, per service: about 10 MB. The one used longest ago is forgotten first. */
export const MAX_PERSISTENT_CLIENTS = 100_000;

/** UDP clients of one service at a time; each holds a socket. */
export const MAX_UDP_SESSIONS = 10_000;
/** A session whose backend answered, and one whose backend did not (yet): a forged source costs a socket for that long. */
export const UDP_IDLE_S = 60;
export const UDP_UNANSWERED_S = 10;
/** Datagrams that wait for the socket of a new session. */
export const MAX_UDP_WAITING = 16;
/** Bytes that a UDP socket may hold unsent before datagrams are dropped, as a full socket buffer does. */
export const MAX_UDP_QUEUE_BYTES = 1024 * 1024;

/** How many connections a thread may have: a connection takes two descriptors, and running out of them stops everyone. */
export function connectionLimit(threads: number, limitsText: string = readLimits()): number {
  const found = /^Max open files\s+(\d+)/m.exec(limitsText);
  const descriptors = found === null ? Number.POSITIVE_INFINITY : Number(found[1]);
  const share = Math.floor((descriptors - RESERVED_DESCRIPTORS) / 2 / Math.max(1, threads));
  return Math.max(1, Math.min(MAX_CONNECTIONS, share));
}

const readLimits = (): string => readFileSync('/proc/self/limits', 'utf8');
