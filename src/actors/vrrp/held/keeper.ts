/**
 * Keeps what an instance has as master (addresses, routes, rules) where it belongs: all of it there while it is master, none
 * otherwise. Works in small pieces, so that many things never delay an advert; puts back what someone else took away, within
 * bounds.
 */
import type { ChangeResult } from '../../../os/netlink/route-socket.js';

/** Things changed in one call: about 20 us each. */
export const CHANGES_PER_TURN = 16;
/** A thing that someone keeps removing is put back so often at once, and then once per period. */
export const REINSTALLS_AT_ONCE = 5;
export const REINSTALL_PERIOD_NS = 10e9;
/** A thing is not looked at again sooner, however much happens around it. */
export const LOOK_SPACING_NS = 100e6;

export type HeldState =
  | 'absent'
  /** Put there by us. */
  | 'ours'
  /** It was there before us; it is not ours to remove. */
  | 'found';

export type HeldThing = {
  /** What tells it from others, here and in the kernel. */
  readonly key: string;
  /** As people know it. */
  readonly text: string;
};

type Held<Thing> = {
  thing: Thing;
  state: HeldState;
  /** It may have been taken away since: adding it again tells. */
  doubted: boolean;
  reinstalls: number;
  /** Not tried again before. */
  notBeforeNs: number;
  /** Not looked at again before. */
  restUntilNs: number;
  /** Why the kernel refused it, as an errno name. */
  problem: string | null;
};

export type KeeperPort<Thing> = {
  change(op: 'add' | 'remove', things: readonly Thing[]): readonly ChangeResult[];
  /** Of one that is there already: whether it is left from us, somebody's who wants the same, or in the way of ours. */
  whose(thing: Thing): 'ours' | 'found' | 'in-the-way';
  /** What the kernel answers where there is nothing to remove. */
  isGone(code: string): boolean;
  /** `code` is an errno name. */
  failed(thing: Thing, op: 'add' | 'remove', code: string): void;
  /** It was there already, and is left there. */
  found(thing: Thing): void;
  /** Someone removed it; `again` false when the bound is reached. */
  lost(thing: Thing, again: boolean): void;
  /** These are there now. */
  installed(things: readonly Thing[]): void;
};

export class Keeper<Thing extends HeldThing> {
  readonly #port: KeeperPort<Thing>;
  #held: Held<Thing>[] = [];
  /** To be removed whatever happens: no longer configured, or on an interface that has another name now. */
  #leaving: Thing[] = [];
  #wanted = false;

  constructor(port: KeeperPort<Thing>) {
    this.#port = port;
  }

  /** Other things than before: what is ours of those that are not among them is removed. */
  configure(things: readonly Thing[]): void {
    const before = new Map(this.#held.map((held) => [held.thing.key, held]));
    this.#held = things.map((thing) => {
      const known = before.get(thing.key);
      before.delete(thing.key);
      if (known === undefined) {
        return { thing, state: 'absent', doubted: false, reinstalls: 0, notBeforeNs: 0, restUntilNs: 0, problem: null };
      }
      known.thing = thing;
      return known;
    });
    for (const { thing, state } of before.values()) if (state === 'ours') this.#leaving.push(thing);
  }

  take(): void {
    this.#wanted = true;
    for (const held of this.#held) {
      held.reinstalls = 0;
      held.notBeforeNs = 0;
      held.restUntilNs = 0;
    }
  }

  release(): void {
    this.#wanted = false;
  }

  /** When `work` has something to do; infinite when all is as it should be. */
  get nextNs(): number {
    if (this.#leaving.length > 0) return 0;
    let next = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#held.length; at += 1) {
      const held = this.#held[at] as Held<Thing>;
      if (!this.#wanted && held.state !== 'absent') return 0;
      if (this.#wanted && isToAdd(held)) next = Math.min(next, held.notBeforeNs);
    }
    return next;
  }

  /** Does the next few changes that are due. */
  work(nowNs: number): void {
    if (this.#leaving.length > 0) {
      this.#remove(this.#leaving.splice(0, CHANGES_PER_TURN));
    } else if (this.#wanted) {
      const due = this.#held.filter((held) => isToAdd(held) && held.notBeforeNs <= nowNs);
      this.#add(due.slice(0, CHANGES_PER_TURN), nowNs);
    } else {
      const ours = this.#held.filter(({ state }) => state === 'ours').slice(0, CHANGES_PER_TURN);
      for (const each of this.#held) {
        if (each.state === 'found' || ours.includes(each)) each.state = 'absent';
        each.doubted = false;
        each.problem = null;
      }
      this.#remove(ours.map(({ thing }) => thing));
    }
  }

  /** All that is left to remove, at once. */
  finish(): void {
    while (this.nextNs !== Number.POSITIVE_INFINITY) this.work(Number.MAX_VALUE);
  }

  /** What is not there, of that which should be, was taken away by someone. */
  seen(isThere: (thing: Thing) => boolean, nowNs: number): void {
    if (!this.#wanted) return;
    for (const held of this.#held) {
      if (held.state === 'absent' || isThere(held.thing)) continue;
      held.state = 'absent';
      this.#lost(held, nowNs);
    }
  }

  /** Something happened that may have taken things away without a word, or that lets those be added which were refused. */
  doubt(nowNs: number): void {
    if (!this.#wanted) return;
    for (const held of this.#held) {
      const lookNs = Math.max(nowNs, held.restUntilNs);
      if (held.state === 'absent') held.notBeforeNs = Math.min(held.notBeforeNs, lookNs);
      else if (!held.doubted) {
        held.doubted = true;
        held.notBeforeNs = lookNs;
      }
    }
  }

  /** Calls back for each thing: whether it is there as far as is known, and why not. */
  each(tell: (thing: Thing, state: HeldState, problem: string | null) => void): void {
    for (const { thing, state, problem } of this.#held) tell(thing, state, problem);
  }

  #add(due: readonly Held<Thing>[], nowNs: number): void {
    if (due.length === 0) return;
    const results = this.#port.change(
      'add',
      due.map(({ thing }) => thing),
    );
    const installed: Thing[] = [];
    due.forEach((held, at) => {
      const result = results[at] ?? null;
      const { doubted } = held;
      held.doubted = false;
      held.restUntilNs = nowNs + LOOK_SPACING_NS;
      if (doubted && result === 'EEXIST') return;
      if (!this.#added(held, result, nowNs)) return;
      installed.push(held.thing);
      if (doubted) this.#lost(held, nowNs);
    });
    if (installed.length > 0) this.#port.installed(installed);
  }

  /** Whether it is there now. */
  #added(held: Held<Thing>, result: ChangeResult, nowNs: number): boolean {
    const whose = result === null ? 'ours' : result === 'EEXIST' ? this.#port.whose(held.thing) : 'in-the-way';
    held.problem = whose === 'in-the-way' ? result : null;
    if (held.problem !== null) {
      held.state = 'absent';
      held.notBeforeNs = nowNs + REINSTALL_PERIOD_NS;
      this.#port.failed(held.thing, 'add', held.problem);
      return false;
    }
    held.state = whose === 'found' ? 'found' : 'ours';
    if (whose === 'found') this.#port.found(held.thing);
    return true;
  }

  #lost(held: Held<Thing>, nowNs: number): void {
    held.reinstalls += 1;
    const again = held.reinstalls <= REINSTALLS_AT_ONCE;
    held.notBeforeNs = again ? nowNs : nowNs + REINSTALL_PERIOD_NS;
    held.restUntilNs = again ? nowNs + LOOK_SPACING_NS : held.notBeforeNs;
    if (!again) held.reinstalls = 0;
    this.#port.lost(held.thing, again);
  }

  #remove(leaving: readonly Thing[]): void {
    if (leaving.length === 0) return;
    const results = this.#port.change('remove', leaving);
    leaving.forEach((thing, at) => {
      const result = results[at] ?? null;
      if (result !== null && !this.#port.isGone(result)) this.#port.failed(thing, 'remove', result);
    });
  }
}

const isToAdd = ({ state, doubted }: Pick<Held<HeldThing>, 'state' | 'doubted'>): boolean =>
  state === 'absent' || doubted;
