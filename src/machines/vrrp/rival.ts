/** Which adverts of another master mean that two go on as masters, and which are its last words. Pure. */
import { MISSED_ADVERTS } from './timers.js';

/**
 * Whoever is preempted is heard once or twice more by the new master: with an advert that crossed the first one of its
 * better, and with the last one with which it yields. A busy one acts on its deadline up to two intervals late without
 * listening first (`silenceLimit`), so a master that yields says nothing more after three. One that adverts later than that
 * had our adverts all the while, or never gets any: two are masters. Of two intervals the longer one counts, as the other
 * may wait so long for our second advert when the first was lost.
 */
export const goesOnAsMaster = (masterForNs: number, intervalNs: number, rivalIntervalNs: number): boolean =>
  masterForNs >= MISSED_ADVERTS * Math.max(intervalNs, rivalIntervalNs);
