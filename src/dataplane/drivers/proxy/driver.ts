/** The driver of the embedded proxy: each service lives in one of the proxy threads, and its changes go there. */

import type { Change, ChangeResult } from '../../../model/dataplane/change.js';
import type { Entry, ServiceKey, Table } from '../../../model/dataplane/table.js';
import { proxyLink } from '../../../wire/links/proxy.js';
import type { Counts, Driver, DriverContext, OpenDriver } from '../../driver.js';
import { proxyMetrics } from './metrics.js';
import { ProxyThread } from './proxy-thread.js';
import { canServe } from './shortcomings.js';
import { threadOf } from './thread-of.js';

/** Threads start side by side; until this is over, services do not go to those alone that were quickest. */
const START_WAIT_MS = 3000;

export const openDriver: OpenDriver = async (context) => new ProxyDriver(context);

class ProxyDriver implements Driver {
  readonly kind = 'proxy';
  readonly capabilities = { outlivesProcess: false, shared: false, concurrent: true };
  readonly metrics = proxyMetrics;
  readonly accept = canServe;
  readonly #threads = new Map<string, ProxyThread>();
  /** Where each service lives. */
  readonly #homes = new Map<ServiceKey, ProxyThread>();
  readonly #context: DriverContext;
  readonly #subscription: { unsubscribe(): void };
  #expected: number;
  /** Called each time a thread arrives. */
  #arrived: () => void = () => {};
  #started: Promise<void> | null = null;
  #closed = false;

  constructor(context: DriverContext) {
    this.#context = context;
    this.#expected = context.config.runtime.proxyThreads;
    this.#subscription = context.links(proxyLink, 'a').subscribe((link) => {
      const arrived = () => this.#arrived();
      const changed = (why: string) => {
        if (!this.#closed) context.changed(why);
      };
      this.#threads.set(link.peer, new ProxyThread(link, arrived, changed));
    });
  }

  async read(): Promise<Table> {
    this.#started ??= this.#allThreads();
    await this.#started;
    const table = new Map<ServiceKey, Entry>();
    const threads = this.#serving();
    if (threads.length === 0) throw new Error('no proxy thread is running');
    const answers = await Promise.allSettled(threads.map(async (thread) => ({ thread, entries: await thread.read() })));
    for (const answer of answers) {
      // What a silent thread serves is not known; its services fail one by one when they are written, the others go on.
      if (answer.status === 'rejected') continue;
      const { thread, entries } = answer.value;
      for (const { service, destinations } of entries) {
        table.set(service.key, { service, destinations: new Map(destinations.map((one) => [one.key, one])) });
        this.#homes.set(service.key, thread);
      }
    }
    return table;
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeResult[]> {
    const results: ChangeResult[] = changes.map((change) => ({
      ok: false,
      code: 'ERR_UNAVAILABLE',
      message: `${change.kind} ${change.service.key}: no proxy thread is running`,
    }));
    const work = new Map<ProxyThread, number[]>();
    for (const [index, change] of changes.entries()) {
      const home = this.#homeOf(change.service.key);
      if (home === null) continue;
      const indexes = work.get(home);
      if (indexes === undefined) work.set(home, [index]);
      else indexes.push(index);
    }
    await Promise.all(
      Array.from(work, async ([thread, indexes]) => {
        const told = await thread.apply(indexes.flatMap((index) => changes[index] ?? []));
        for (const [position, index] of indexes.entries()) {
          const result = told[position];
          if (result !== undefined) results[index] = result;
        }
      }),
    );
    for (const [index, change] of changes.entries()) {
      if (change.kind === 'remove-service' && results[index]?.ok === true) this.#homes.delete(change.service.key);
    }
    return results;
  }

  async counts(services: readonly ServiceKey[] | null): Promise<Counts> {
    const all = new Map<ServiceKey, NonNullable<ReturnType<Counts['get']>>>();
    const asked = this.#serving().flatMap((thread) => {
      const here = services?.filter((key) => this.#homes.get(key) === thread) ?? null;
      return here?.length === 0 ? [] : [thread.counts(here)];
    });
    // A thread that is silent has connections all the same: for who asks for these services, silence is no 0.
    const answers = services === null ? await answered(asked) : await Promise.all(asked);
    for (const { service, destinations } of answers.flat()) {
      all.set(service, new Map(destinations.map(({ key, ...counts }) => [key, counts])));
    }
    return all;
  }

  async vrrpChanged(): Promise<void> {}

  configure(config: DriverContext['config']): void {
    if (config.runtime.proxyThreads === this.#expected) return;
    this.#expected = config.runtime.proxyThreads;
    this.#context.changed(`${this.#expected} proxy threads are configured now`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#subscription.unsubscribe();
    for (const thread of this.#threads.values()) thread.close();
  }

  /** Those that are configured: after a reload with fewer threads, the last ones are about to end. */
  #serving(): readonly ProxyThread[] {
    return [...this.#threads.values()]
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
      .slice(0, this.#expected);
  }

  #homeOf(key: ServiceKey): ProxyThread | null {
    const serving = this.#serving();
    const home = this.#homes.get(key);
    if (home !== undefined && serving.includes(home)) return home;
    const name = threadOf(
      key,
      serving.map((thread) => thread.name),
    );
    const chosen = serving.find((thread) => thread.name === name) ?? null;
    if (chosen !== null) this.#homes.set(key, chosen);
    return chosen;
  }

  #allThreads(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, START_WAIT_MS);
      this.#arrived = () => {
        const there = [...this.#threads.values()].filter((thread) => thread.connected).length;
        if (there < this.#expected) return;
        clearTimeout(timer);
        resolve();
      };
      this.#arrived();
    });
  }
}

async function answered<T>(asked: readonly Promise<T>[]): Promise<readonly T[]> {
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}
