import { lookup } from 'node:dns';
import { isIP } from 'node:net';

/** Addresses of a name, or an error; an IP literal comes back as it is. */
export type Resolve = (host: string, done: (error: Error | null, addresses: readonly string[]) => void) => void;

/** The system's resolver does not tell how long an answer is good: short enough to follow a failover. */
const KEEP_MS = 10_000;
/** A name that fails is asked again soon, but not by each of a thousand checks. */
const KEEP_FAILURE_MS = 1000;
/** The system's resolver blocks one of the process's few pool threads a lookup: never all of them. */
const MAX_LOOKUPS = 2;
/** As many names as there are channels. */
const MAX_NAMES = 10_000;

type Entry = {
  /** 0 while it is looked up. */
  untilMs: number;
  error: Error | null;
  addresses: readonly string[];
  waiting: ((error: Error | null, addresses: readonly string[]) => void)[];
};

/** Names through the system (hosts file, search domains and all), kept for a moment, one lookup for all who ask. */
export function createResolver(nowMs: () => number): Resolve {
  const entries = new Map<string, Entry>();
  const queue: string[] = [];
  let active = 0;

  function startNext(): void {
    const host = active < MAX_LOOKUPS ? queue.shift() : undefined;
    if (host === undefined) return;
    active += 1;
    lookup(host, { all: true }, (error, found) => {
      active -= 1;
      settle(host, error, error === null ? found.map(({ address }) => address) : []);
      startNext();
    });
  }

  function settle(host: string, error: Error | null, addresses: readonly string[]): void {
    const entry = entries.get(host);
    if (entry === undefined) return;
    entry.untilMs = nowMs() + (error === null ? KEEP_MS : KEEP_FAILURE_MS);
    entry.error = error;
    entry.addresses = addresses;
    const { waiting } = entry;
    entry.waiting = [];
    for (const done of waiting) done(error, addresses);
  }

  return (host, done) => {
    if (isIP(host) !== 0) {
      done(null, [host]);
      return;
    }
    let entry = entries.get(host);
    if (entry !== undefined && entry.untilMs !== 0 && nowMs() < entry.untilMs) {
      done(entry.error, entry.addresses);
      return;
    }
    if (entry === undefined || entry.untilMs !== 0) {
      entry = { untilMs: 0, error: null, addresses: [], waiting: [] };
      entries.delete(host);
      entries.set(host, entry);
      dropOldest(entries);
      queue.push(host);
    }
    entry.waiting.push(done);
    startNext();
  };
}

/** The oldest that nobody waits for. */
function dropOldest(entries: Map<string, Entry>): void {
  if (entries.size <= MAX_NAMES) return;
  for (const [host, entry] of entries) {
    if (entry.untilMs === 0) continue;
    entries.delete(host);
    return;
  }
}
