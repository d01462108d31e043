/** What the telemetry of all actors adds up to: the present state, the newest events, the metrics. No I/O, no clock. */

import type { MetricDefinition } from '../../model/observing/metrics.js';
import type { StateItem } from '../../model/observing/state-item.js';
import type {
  ActorView,
  BackendStatus,
  HookView,
  MaintenanceView,
  RuntimeStatus,
  VrrpView,
} from '../../model/observing/views.js';
import type { Telemetry } from '../../wire/links/telemetry.js';
import { MetricTable } from '../../wire/metrics/table.js';
import { ownString } from '../../wire/text/own-string.js';
import { overallOf, troublesOf } from '../health/overall.js';
import { EventRing, type StoredEvent } from './event-ring.js';

/** Events kept for clients that come back: at 10 a second, more than three minutes. */
export const EVENT_RING_SIZE = 2048;

export type StoreInit = {
  /** Names this life of the store; letters and digits, other than in any life before. */
  readonly epoch: string;
  /** All that may be counted; the rest is dropped. */
  readonly metrics: readonly MetricDefinition[];
  /** @default EVENT_RING_SIZE */
  readonly eventCapacity?: number;
};

/** What one message changed, for those who follow. */
export type StoreChange =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'state'; readonly item: StateItem }
  | { readonly kind: 'state-gone'; readonly key: string };

type BackendItem = Extract<StateItem, { type: 'backend' }>;

/** Of backends there are many: one object each, and nothing of the messages that they came in. `key` is the one that is known. */
const compact = (
  key: string,
  { service, name, address, port, weight, state, why, drained }: BackendItem,
): BackendItem => ({
  type: 'backend',
  key,
  service: ownString(service),
  name: ownString(name),
  address: ownString(address),
  port,
  weight,
  state,
  why: ownString(why),
  drained,
});

type Held = { readonly actor: string; readonly item: StateItem };

export class Store {
  readonly events: EventRing;
  readonly metrics: MetricTable;
  readonly #items = new Map<string, Held>();
  /** Per actor that is telling its whole state: the keys that it has not told again yet. */
  readonly #untold = new Map<string, Set<string>>();

  constructor(init: StoreInit) {
    this.metrics = new MetricTable(init.metrics);
    this.events = new EventRing(init.epoch, init.eventCapacity ?? EVENT_RING_SIZE);
  }

  /** Takes one message of the named actor. The answer is in the order in which it happened. */
  apply(actor: string, message: Telemetry): readonly StoreChange[] {
    switch (message.kind) {
      case 'event':
        return [{ kind: 'event', event: this.events.push(message.event) }];
      case 'state':
        return [{ kind: 'state', item: this.#hold(actor, message.item) }];
      case 'news':
        return message.news.flatMap((one) => this.apply(actor, one));
      case 'state-gone':
        return this.#remove([message.key]);
      case 'state-begin':
        this.#untold.set(actor, this.#keysOf(actor));
        return [];
      case 'state-end': {
        const untold = this.#untold.get(actor);
        this.#untold.delete(actor);
        return this.#remove(untold ?? []);
      }
      case 'metrics':
        for (const sample of message.samples) this.metrics.add(actor, sample);
        return [];
      default:
        return message satisfies never;
    }
  }

  item(key: string): StateItem | undefined {
    return this.#items.get(key)?.item;
  }

  *items(): Iterable<StateItem> {
    for (const { item } of this.#items.values()) yield item;
  }

  #hold(actor: string, told: StateItem): StateItem {
    const key = this.#items.get(told.key)?.item.key ?? ownString(told.key);
    const item = told.type === 'backend' ? compact(key, told) : told;
    this.#items.set(item.key, { actor, item });
    this.#untold.get(actor)?.delete(item.key);
    return item;
  }

  #keysOf(actor: string): Set<string> {
    const keys = new Set<string>();
    for (const [key, held] of this.#items) {
      if (held.actor === actor) keys.add(key);
    }
    return keys;
  }

  #remove(keys: Iterable<string>): StoreChange[] {
    const changes: StoreChange[] = [];
    for (const key of keys) {
      const held = this.#items.get(key);
      if (held === undefined) continue;
      this.#items.delete(key);
      changes.push({ kind: 'state-gone', key });
      changes.push(...this.#forgetWith(held.item));
    }
    return changes;
  }

  /** What is told of the item by others goes with it. */
  #forgetWith(item: StateItem): readonly StoreChange[] {
    switch (item.type) {
      case 'service':
        this.metrics.forgetGauges({ labels: { service: item.name } });
        return [];
      case 'backend':
        this.metrics.forgetGauges({ labels: { service: item.service, backend: item.name } });
        return [];
      case 'actor':
        // The supervisor no longer has it: nobody is left to take back what it told.
        this.metrics.forgetGauges({ actor: item.view.name });
        this.#untold.delete(item.view.name);
        return this.#remove(this.#keysOf(item.view.name));
      case 'vrrp':
        this.metrics.forgetGauges({ labels: { instance: item.view.name } });
        return [];
      case 'dataplane':
      case 'maintenance':
      case 'listener':
        return [];
      case 'hook':
        this.metrics.forgetGauges({ labels: { hook: item.view.name } });
        return [];
      default:
        return item satisfies never;
    }
  }
}

export function runtimeStatus(told: Iterable<StateItem>): RuntimeStatus {
  const items = [...told];
  const gathering = gatherStatus(items);
  let step = gathering.next();
  while (step.done !== true) step = gathering.next();
  return { ...overallOf(troublesOf(items, () => false)), ...step.value };
}

/** All of it but how the whole is, in a step an item: there may be 100,000. */
export function* gatherStatus(items: readonly StateItem[]): Generator<undefined, Omit<RuntimeStatus, 'state' | 'why'>> {
  const services = new Map<string, Omit<RuntimeStatus['services'][number], 'name' | 'backends'>>();
  const backends = new Map<string, BackendStatus[]>();
  const vrrp: VrrpView[] = [];
  const actors: ActorView[] = [];
  const hooks: HookView[] = [];
  const listeners: { name: string; address: string }[] = [];
  let dataplane: RuntimeStatus['dataplane'] = null;
  let maintenance: MaintenanceView = { on: false, since: null };
  for (const item of items) {
    switch (item.type) {
      case 'service':
        services.set(item.name, { enabled: item.enabled, healthy: item.healthy, why: item.why });
        break;
      case 'backend': {
        const { name, address, port, weight, state, why, drained } = item;
        const siblings = backends.get(item.service) ?? [];
        siblings.push({ name, address, port, weight, state, why, drained });
        backends.set(item.service, siblings);
        break;
      }
      case 'vrrp':
        vrrp.push(item.view);
        break;
      case 'hook':
        hooks.push(item.view);
        break;
      case 'actor':
        actors.push(item.view);
        break;
      case 'dataplane':
        dataplane = { driver: item.driver, why: item.why };
        break;
      case 'maintenance':
        maintenance = { on: true, since: item.since };
        break;
      case 'listener':
        listeners.push({ name: item.name, address: item.address });
        break;
      default:
        item satisfies never;
    }
    yield;
  }
  return {
    services: [...services].map(([name, service]) => ({ name, ...service, backends: backends.get(name) ?? [] })),
    vrrp,
    actors,
    dataplane,
    listeners,
    hooks,
    maintenance,
  };
}
