/** What a router is told beside packets, and what it does to the world. */
import type { VrrpState } from '../../model/states.js';
import type { RouterReason } from './reason.js';

/** Start, stop, faults, people, and the router's sync group. */
export type RouterControl = 'startup' | 'shutdown' | 'fault' | 'recovered' | 'failover' | 'yield';

/** Each call returns soon: it is made between two deadlines. */
export interface RouterPort {
  sendAdvert(): void;
  /** With priority 0. */
  sendResignation(): void;
  takeAddresses(): void;
  releaseAddresses(): void;
  /** `again`: after a rival was heard; to be bounded. */
  announce(again: boolean): void;
  /** Where a master's adverts would best begin: less than a millisecond before `atNs`. Asked once for each grid. */
  advertTime(atNs: number): number;
  /** Whether a backup becomes master, now that its timer has run out; if not, it waits for as long again. */
  mayPromote(): boolean;
  /** After the effects. */
  changed(from: VrrpState, to: VrrpState, reason: RouterReason): void;
}
