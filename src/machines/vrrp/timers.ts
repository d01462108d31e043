/** The arithmetic of VRRP's timers (RFC 9568 section 6.1), in nanoseconds: rounded to centiseconds, short skews vanish. */
import { type Nanoseconds, ns } from '../../model/units.js';

/** Adverts that a backup misses before it takes over, less the skew (section 6.1: Active_Down_Interval). */
export const MISSED_ADVERTS = 3;

/** Skew_Time: a higher priority waits less, so that the best backup is the first. */
export const skewTime = (priority: number, masterInterval: Nanoseconds): Nanoseconds =>
  ns(((256 - priority) * masterInterval) / 256);

/** How long a backup hears nothing from the master before it takes over; from the *master's* interval. */
export const masterDownInterval = (priority: number, masterInterval: Nanoseconds): Nanoseconds =>
  ns(MISSED_ADVERTS * masterInterval + skewTime(priority, masterInterval));

/**
 * How late a master's advert may be before a peer of any priority may have taken over: from then on the master listens
 * before it speaks. The advert before it was one interval earlier, and the smallest skew is almost none.
 */
export const silenceLimit = (interval: Nanoseconds): Nanoseconds => ns((MISSED_ADVERTS - 1) * interval);
