/**
 * When an instance's addresses are announced (gratuitous ARP, neighbour advertisements): a burst at the take-over, a refresh
 * from time to time, once more after a rival; and one question, whether someone else has them too. A plan without I/O.
 */
import type { VrrpInstanceConfig } from '../../../model/config.js';

/** After a rival was heard: at most one burst in this time, and one when it has been silent for so long. */
export const AGAIN_SPACING_NS = 1e9;
/** How long after the take-over others are asked: the master before us needs a moment to let go. */
export const PROBE_DELAY_NS = 5e8;

export type Announcement = 'announce' | 'probe';

export class GarpScheduler {
  #settings: VrrpInstanceConfig['gratuitous'];
  #roundsLeft = 0;
  #announceAtNs = Number.POSITIVE_INFINITY;
  #probeAtNs = Number.POSITIVE_INFINITY;
  #burstAtNs = Number.NEGATIVE_INFINITY;

  constructor(settings: VrrpInstanceConfig['gratuitous']) {
    this.#settings = settings;
  }

  configure(settings: VrrpInstanceConfig['gratuitous']): void {
    this.#settings = settings;
  }

  get nextNs(): number {
    return Math.min(this.#announceAtNs, this.#probeAtNs);
  }

  /** The addresses are ours from now on. */
  start(nowNs: number): void {
    this.#burst(nowNs);
    this.#probeAtNs = nowNs + PROBE_DELAY_NS;
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
  }

  /** What is due, once; null when nothing is. */
  due(nowNs: number): Announcement | null {
    if (this.#announceAtNs <= nowNs) {
      this.#roundsLeft = Math.max(0, this.#roundsLeft - 1);
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
