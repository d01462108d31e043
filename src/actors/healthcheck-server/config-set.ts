import type { ProbeSpec } from '../../model/probe.js';
import type { TargetState } from '../../model/states.js';
import { ns } from '../../model/units.js';
import type { Subscription } from '../../wire/links/subscriptions.js';
import type { TargetStatus } from '../../wire/links/targets.js';
import type { HealthcheckId, IdentifiedStatus } from '../../wire/seesaw/healthcheck-messages.js';
import { isObject, type JsonValue } from '../../wire/text/lossless-json.js';
import { type ReadElement, readElement } from './config-element.js';

/** One engine of Seesaw has some thousands; this keeps a mistake, or a hostile client, within some hundred megabytes. */
export const MAX_CONFIGS = 100_000;
/** Of all clients together. */
export const MAX_ALL_CONFIGS = 2 * MAX_CONFIGS;
/** Refused elements that are told one by one; a million would only drown the first. */
const MAX_ERRORS = 100;

type Config = {
  readonly id: HealthcheckId;
  /** The element as it came: an unchanged one is not read again. */
  readonly source: string;
  readonly spec: ProbeSpec;
  /** A new one for each new spec, so that no late status of the former is taken for this one's. */
  readonly subscription: string;
  status: TargetStatus;
  /** The state that the client was last told. */
  told: TargetState;
};

export type Change = {
  readonly subscribe: readonly Subscription[];
  readonly unsubscribe: readonly string[];
  readonly errors: readonly string[];
};

/** A new list of configs that is read in turns and takes effect at once. */
export interface Replacement {
  /** Reads some elements; answers whether there are more. */
  step(count: number): boolean;
  finish(): Change;
}

export type Transition = { readonly from: TargetState; readonly to: IdentifiedStatus };

/** What one client wants checked, and how it is. */
export class ConfigSet {
  /** Makes its subscriptions unique among those of all clients. */
  readonly #name: string;
  readonly #others: () => number;
  #subscriptions = 0;
  #byId = new Map<HealthcheckId, Config>();
  #bySubscription = new Map<string, Config>();

  /** `others`: how many configs the other clients have. */
  constructor(name: string, others: () => number = () => 0) {
    this.#name = name;
    this.#others = others;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: HealthcheckId): boolean {
    return this.#byId.has(id);
  }

  replacement(elements: readonly JsonValue[]): Replacement {
    const next = new Map<HealthcheckId, Config>();
    const errors: string[] = [];
    let refused = 0;
    let at = 0;
    const refuse = (message: string): void => {
      refused += 1;
      if (refused <= MAX_ERRORS) errors.push(message);
    };
    return {
      step: (count) => {
        for (const end = Math.min(at + count, elements.length); at < end; at += 1) {
          this.#take(elements[at] ?? null, next, refuse);
        }
        return at < elements.length;
      },
      finish: () => {
        if (refused > MAX_ERRORS) errors.push(`${refused - MAX_ERRORS} more configs are refused`);
        return { ...this.#replaceWith(next), errors };
      },
    };
  }

  /** Takes a status; null unless it is a transition that the client does not know of. */
  update(subscription: string, status: TargetStatus): Transition | null {
    const config = this.#bySubscription.get(subscription);
    if (config === undefined) return null;
    config.status = status;
    const from = config.told;
    if (status.state === from || status.state === 'unknown') return null;
    config.told = status.state;
    return { from, to: { id: config.id, status } };
  }

  *subscriptions(): Iterable<Subscription> {
    for (const { subscription, spec } of this.#byId.values()) yield { id: subscription, spec };
  }

  *statuses(): Iterable<IdentifiedStatus> {
    for (const { id, status } of this.#byId.values()) yield { id, status };
  }

  #take(element: JsonValue, next: Map<HealthcheckId, Config>, refuse: (message: string) => void): void {
    const source = JSON.stringify(element, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
    const read = this.#unchanged(element, source) ?? readElement(element);
    const before = read.id === null ? undefined : this.#byId.get(read.id);
    if (read.id !== null && next.has(read.id)) {
      refuse(`config ${read.id}: id: appears twice; the first one counts`);
    } else if (read.kind === 'refused') {
      refuse(read.message);
      // What it was before goes on: a mistake must not end a check.
      if (before !== undefined) next.set(before.id, before);
    } else if (next.size + this.#others() >= MAX_ALL_CONFIGS) {
      refuse(`config ${read.id}: id: at most ${MAX_ALL_CONFIGS} configs of all clients are taken`);
    } else if (next.size >= MAX_CONFIGS) {
      refuse(`config ${read.id}: id: at most ${MAX_CONFIGS} configs are taken`);
    } else {
      next.set(read.id, before?.source === source ? before : this.#fresh(read, source));
    }
  }

  #unchanged(element: JsonValue, source: string): ReadElement | null {
    const before = isObject(element) ? this.#byId.get(String(element['id'])) : undefined;
    return before?.source === source ? { kind: 'config', id: before.id, spec: before.spec } : null;
  }

  #fresh({ id, spec }: Extract<ReadElement, { kind: 'config' }>, source: string): Config {
    this.#subscriptions += 1;
    const subscription = `${this.#name}/${this.#subscriptions}`;
    return { id, source, spec, subscription, status: unchecked, told: 'unknown' };
  }

  #replaceWith(next: Map<HealthcheckId, Config>): Pick<Change, 'subscribe' | 'unsubscribe'> {
    const former = this.#bySubscription;
    this.#byId = next;
    this.#bySubscription = new Map([...next.values()].map((config) => [config.subscription, config]));
    return {
      subscribe: [...this.subscriptions()].filter(({ id }) => !former.has(id)),
      unsubscribe: [...former.keys()].filter((id) => !this.#bySubscription.has(id)),
    };
  }
}

const unchecked: TargetStatus = {
  key: '',
  state: 'unknown',
  failures: 0,
  successes: 0,
  probes: 0,
  passed: 0,
  lastCheckMs: 0,
  durationNs: ns(0),
  cause: null,
  message: '',
};
