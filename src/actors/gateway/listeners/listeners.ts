/** The set of listeners, brought from what it is to what the configuration says with the fewest changes. */
import type { Config, Listen } from '../../../model/config.js';
import type { ListenerKind } from './guard.js';
import { Listener, type ListenerAddress, type ListenerEvents, sameAddress } from './listener.js';

export type WantedListeners = Readonly<Record<ListenerKind, ListenerAddress | null>>;

export const wantedListeners = (config: Config): WantedListeners => ({
  unix: config.control.socket === null ? null : { kind: 'unix', path: config.control.socket },
  tcp: config.control.http === null ? null : { kind: 'tcp', listen: config.control.http },
  metrics: config.metrics.listen === null ? null : { kind: 'metrics', listen: config.metrics.listen },
});

/** The setting behind a listener, for messages. */
export const doorSetting = {
  unix: 'control.socket',
  tcp: 'control.http',
  metrics: 'metrics.listen',
} as const satisfies Record<ListenerKind, string>;

export const doorKinds = ['unix', 'tcp', 'metrics'] as const satisfies readonly ListenerKind[];

export class Listeners {
  readonly #events: ListenerEvents;
  readonly #open = new Map<ListenerKind, Listener>();

  constructor(events: ListenerEvents) {
    this.#events = events;
  }

  /** Where it listens in fact; null when it does not. */
  addressOf(kind: ListenerKind): string | null {
    return this.#open.get(kind)?.boundAddress ?? null;
  }

  /** The start: all, or none and the reason. */
  async openAll(wanted: WantedListeners): Promise<void> {
    try {
      for (const kind of doorKinds) {
        const address = wanted[kind];
        if (address !== null) this.#open.set(kind, await Listener.open(address, this.#events));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** A reload: who did not change stays open; who cannot move stays where it was. Answers with what went wrong. */
  async move(wanted: WantedListeners): Promise<readonly Error[]> {
    const failures: Error[] = [];
    for (const kind of doorKinds) {
      try {
        await this.#moveOne(kind, wanted[kind]);
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    return failures;
  }

  async close(): Promise<void> {
    const doors = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(doors.map((door) => door.close()));
  }

  async #moveOne(kind: ListenerKind, wanted: ListenerAddress | null): Promise<void> {
    const old = this.#open.get(kind);
    if (wanted === null) {
      this.#open.delete(kind);
      void old?.close();
      return;
    }
    if (old !== undefined && sameAddress(old.address, wanted)) return;
    if (old !== undefined && collide(old.address, wanted)) {
      await this.#replaceInPlace(kind, old, wanted);
      return;
    }
    this.#open.set(kind, await Listener.open(wanted, this.#events));
    void old?.close();
  }

  /** One port on another address, such as 127.0.0.1 to 0.0.0.0: the old listener is in the way of the new one. */
  async #replaceInPlace(kind: ListenerKind, old: Listener, wanted: ListenerAddress): Promise<void> {
    this.#open.delete(kind);
    // The port is free as soon as close() is called; it ends when the last request has.
    void old.close();
    try {
      this.#open.set(kind, await Listener.open(wanted, this.#events));
    } catch (error) {
      this.#open.set(kind, await Listener.open(old.address, this.#events));
      throw error;
    }
  }
}

function collide(a: ListenerAddress, b: ListenerAddress): boolean {
  return a.kind !== 'unix' && b.kind !== 'unix' && samePort(a.listen, b.listen);
}

const samePort = (a: Listen, b: Listen): boolean => a.port !== 0 && a.port === b.port;
