/**
 * How things stand, and what of it no event has told: after a start nothing has, and an event may be lost on its way or with the
 * actor that saw it. Pure.
 */
import type { EventBody } from '../../model/observing/events.js';
import type { StateItem } from '../../model/observing/state-item.js';
import type { News } from '../../wire/links/telemetry.js';

/** Of an instance, a service or a backend. */
type Subject = { readonly state: string; readonly body: EventBody };

export class PresentStates {
  readonly #subjects = new Map<string, Subject>();
  /** States that events told. */
  readonly #told = new Map<string, string>();
  readonly #untold = new Set<string>();

  /** Whether something is untold now. */
  hear(news: News): boolean {
    if (news.kind === 'state-gone') this.#forget(news.key);
    else if (news.kind === 'state') this.#take(news.item);
    else {
      const told = toldBy(news.event);
      if (told !== null) this.#tell(told.key, told.state);
    }
    return this.#untold.size > 0;
  }

  /** Each once. */
  takeUntold(): readonly EventBody[] {
    return [...this.#untold].flatMap((key) => {
      const subject = this.#subjects.get(key);
      if (subject === undefined) return [];
      this.#tell(key, subject.state);
      return [subject.body];
    });
  }

  /** All of it, for a hook that missed something. */
  all(): readonly EventBody[] {
    return Array.from(this.#subjects.values(), ({ body }) => body);
  }

  #take(item: StateItem): void {
    const found = subjectOf(item);
    if (found === null) return;
    const { key, settled, ...subject } = found;
    if (!settled) this.#subjects.delete(key);
    else this.#subjects.set(key, subject);
    if (settled && this.#told.get(key) !== subject.state) this.#untold.add(key);
    else this.#untold.delete(key);
  }

  #tell(key: string, state: string): void {
    this.#told.set(key, state);
    this.#untold.delete(key);
  }

  #forget(key: string): void {
    this.#subjects.delete(key);
    this.#told.delete(key);
    this.#untold.delete(key);
  }
}

const healthWord = (healthy: boolean): string => (healthy ? 'healthy' : 'unhealthy');

function toldBy(event: EventBody): { readonly key: string; readonly state: string } | null {
  switch (event.type) {
    case 'vrrp-state':
      return { key: `vrrp/${event.instance}`, state: event.to };
    case 'service-state':
      return { key: `service/${event.service}`, state: healthWord(event.healthy) };
    case 'backend-state':
      return { key: `backend/${event.service}/${event.backend}`, state: event.to };
    default:
      return null;
  }
}

type Found = Subject & { readonly key: string /** It is known: a start is over. */; readonly settled: boolean };

/** The keys are those of the items. */
function subjectOf(item: StateItem): Found | null {
  const { key } = item;
  switch (item.type) {
    case 'vrrp': {
      const { name: instance, state, why } = item.view;
      const body = { type: 'vrrp-state', instance, from: state, to: state, why } as const;
      return { key, settled: state !== 'init', state, body };
    }
    case 'service': {
      const { name: service, healthy, why } = item;
      return { key, settled: true, state: healthWord(healthy), body: { type: 'service-state', service, healthy, why } };
    }
    case 'backend': {
      const { service, name: backend, state, drained, why } = item;
      const body = { type: 'backend-state', service, backend, from: state, to: state, drained, why } as const;
      return { key, settled: state !== 'unknown', state, body };
    }
    default:
      return null;
  }
}

const nameFields = ['instance', 'group', 'service', 'backend', 'actor'];

/** What decides which hooks are told. */
export function factsOf(event: EventBody): {
  readonly type: string;
  readonly names: readonly string[];
  readonly state: string | null;
} {
  const names = nameFields.flatMap((field) => {
    const name: unknown = Reflect.get(event, field);
    return typeof name === 'string' ? [name] : [];
  });
  const to: unknown = event.type === 'service-state' ? healthWord(event.healthy) : Reflect.get(event, 'to');
  return { type: event.type, names, state: typeof to === 'string' ? to : null };
}
