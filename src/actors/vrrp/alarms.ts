/** Things that a person should know of an instance: each is told at once, and then rarely, however often it happens. */
import type { ActorContext } from '../../workers/actor.js';

export type Alarm =
  /** Another node goes on as master beside this one. */
  | 'dual-master'
  /** This node was master, and somebody says that the addresses are his own (priority 255). */
  | 'foreign-owner'
  /** Another node has this node's own address, or the network loops. */
  | 'own-address'
  /** Somebody else has a virtual address of ours. */
  | 'duplicate-address'
  /** Somebody removes a virtual address again and again. */
  | 'address-removed'
  /** The kernel refuses to add or to remove an address. */
  | 'address-failed'
  /** An advert could not be sent. */
  | 'unsent'
  /** Packets that look like adverts are refused. */
  | 'rejected'
  /** This node was later than its peers' patience. */
  | 'late';

/** Least time between two reports of one alarm. */
const SPACING_NS = 10e9;

export class Alarms {
  readonly #instance: string;
  readonly #out: Pick<ActorContext, 'log' | 'event'>;
  readonly #quietUntilNs = new Map<string, number>();

  constructor(instance: string, out: Pick<ActorContext, 'log' | 'event'>) {
    this.#instance = instance;
    this.#out = out;
  }

  /** Whether it would be told now: ask before making the text, where that may happen thousands of times a second. */
  isQuiet(alarm: Alarm, nowNs: number, about = ''): boolean {
    return nowNs < (this.#quietUntilNs.get(about === '' ? alarm : `${alarm} ${about}`) ?? 0);
  }

  raise(alarm: Alarm, why: string, nowNs: number, about = ''): void {
    if (this.isQuiet(alarm, nowNs, about)) return;
    this.#quietUntilNs.set(about === '' ? alarm : `${alarm} ${about}`, nowNs + SPACING_NS);
    this.#out.log.warn({ instance: this.#instance, alarm }, why);
    this.#out.event({ type: 'vrrp-alarm', instance: this.#instance, alarm, why });
  }
}
