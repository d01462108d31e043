/**
 * When an instance's addresses are announced (gratuitous ARP, neighbour advertisements): a burst at the take-over and perhaps a
 * second one later, a refresh from time to time, once more after a rival; and one question, whether someone else has them too. A plan without I/O.
 */
import type { GratuitousConfig } from '../../../model/config.js';

/** After a rival was heard: at most one burst in this time, and one when it has been silent for so long. */
export const AGAIN_SPACING_NS = 1e9;
/** How long after the take-over others are asked: the master before us needs a moment to let go. */
export const PROBE_DELAY_NS = 5e8;

export type Announcement = 'announce' | 'probe';

export class GarpScheduler {
  #settings: GratuitousConfig;
  #roundsLeft = 0;
  #announceAtNs = Number.POSITIVE_INFINITY;
  #probeAtNs = Number.POSITIVE_INFINITY;
  #burstAtNs = Number.NEGATIVE_INFINITY;
  #repeatAtNs = Number.POSITIVE_INFINITY;

  constructor(settings: GratuitousConfig) {
    this.#settings = settings;
  }

  configure(settings: GratuitousConfig): void {
    this.#settings = settings;
  }

  get nextNs(): number {
    return Math.min(this.#announceAtNs, this.#probeAtNs, this.#repeatAtNs);
  }

  /** The addresses are ours from now on. */
  start(nowNs: number): void {
    this.#burst(nowNs);
    this.#probeAtNs = nowNs + PROBE_DELAY_NS;
    const { repeatAfterNs, repeatCount } = this.#settings;
    this.#repeatAtNs = repeatAfterNs > 0 && repeatCount > 0 ? nowNs + repeatAfterNs : Number.POSITIVE_INFINITY;
  }

  /** A rival was heard: now, or, when that was just done, as soon as it may be. */
  again(nowNs: number): void {
    if (nowNs - this.#burstAtNs >= AGAIN_SPACING_NS) this.#burst(nowNs);
    else this.#announceAtNs = Math.min(this.#announceAtNs, this.#burstAtNs + AGAIN_SPACING_NS);
  }

  stop(): void {
    this.#roundsLeft = 0;
    this.#announceAtNs = Number.POSITIVE_INFINITY;
    this.#probeAtNs = Number.POSITIVE_INFINITY;
    this.#repeatAtNs = Number.POSITIVE_INFINITY;
  }

  /** What is due, once; null when nothing is. */
  due(nowNs: number): Announcement | null {
    if (this.#repeatAtNs <= nowNs) {
      this.#repeatAtNs = Number.POSITIVE_INFINITY;
      this.#roundsLeft = Math.max(this.#roundsLeft, this.#settings.repeatCount);
      this.#announceAtNs = nowNs;
    }
    if (this.#announceAtNs <= nowNs) {
      // None is left: a refresh begins.
      if (this.#roundsLeft === 0) this.#roundsLeft = this.#settings.refreshCount;
      this.#roundsLeft -= 1;
      this.#announceAtNs = nowNs + this.#wait();
      return 'announce';
    }
    if (this.#probeAtNs > nowNs) return null;
    this.#probeAtNs = Number.POSITIVE_INFINITY;
    return 'probe';
  }

  #burst(nowNs: number): void {
    this.#burstAtNs = nowNs;
    this.#roundsLeft = this.#settings.count;
    if (this.#roundsLeft > 0) this.#announceAtNs = nowNs;
  }

  #wait(): number {
    if (this.#roundsLeft > 0) return this.#settings.intervalNs;
    return this.#settings.refreshNs > 0 ? this.#settings.refreshNs : Number.POSITIVE_INFINITY;
  }
}
