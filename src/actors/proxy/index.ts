/** The proxy actor: serves what the data plane tells it. Starts empty; the data plane tells all when it sees a new thread. */
import { configuredAddresses } from '../../machines/vrrp/virtual-addresses.js';
import type { Config } from '../../model/config.js';
import { canonicalAddress } from '../../model/ip-address.js';
import { KeptSockets } from '../../os/sockets/kept-sockets.js';
import { type FromProxy, proxyLink } from '../../wire/links/proxy.js';
import type { ActorFactory } from '../../workers/actor.js';
import { EmbeddedProxy } from './proxy.js';
import { connectionLimit } from './proxy-limits.js';

/** The proxy counts its time limits in whole seconds. */
const TICK_MS = 1000;

export const createProxy: ActorFactory = (context) => {
  const link = context.link(proxyLink, 'b');
  let virtual = virtualAddresses(context.config);
  let maxConnections = connectionLimit(context.config.runtime.proxyThreads);
  const proxy = new EmbeddedProxy({
    log: context.log,
    meter: context.meter,
    now: context.now,
    maxConnections: () => maxConnections,
    sockets: new KeptSockets(context.keptFds),
    isVirtual: (address) => virtual.has(address),
    lost: (service, why) => link.out.next({ kind: 'lost', service, why }),
  });
  // One batch after the other: a service that is still being opened must not be changed.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (answer: () => FromProxy | Promise<FromProxy>) => {
    last = last.then(answer).then(
      (message) => link.out.next(message),
      (error: unknown) => context.fail(error instanceof Error ? error : new Error(String(error))),
    );
  };
  const subscription = link.in$.subscribe((message) => {
    const { id } = message;
    switch (message.kind) {
      case 'apply':
        return inTurn(async () => ({ kind: 'applied', id, results: await proxy.apply(message.changes) }));
      case 'read':
        return inTurn(() => ({ kind: 'table', id, entries: proxy.table() }));
      case 'count':
        return inTurn(() => ({ kind: 'counts', id, counts: proxy.counts(message.services) }));
      default:
        return message satisfies never;
    }
  });
  const ticking = setInterval(() => proxy.tick(), TICK_MS);
  return {
    configure: (config) => {
      virtual = virtualAddresses(config);
      maxConnections = connectionLimit(config.runtime.proxyThreads);
    },
    stop: async () => {
      clearInterval(ticking);
      subscription.unsubscribe();
      await last;
      proxy.close();
    },
  };
};

const virtualAddresses = (config: Config): ReadonlySet<string> =>
  new Set(config.vrrp.instances.flatMap(configuredAddresses).map(({ address }) => canonicalAddress(address)));
