/** The arithmetic of VRRP's timers (RFC 9568 section 6.1), in nanoseconds: rounded to centiseconds, short skews vanish. */
import type { VrrpVersion } from '../../model/config.js';
import { type Nanoseconds, NS_PER_S, ns } from '../../model/units.js';

/** Adverts that a backup misses before it takes over, less the skew (section 6.1: Active_Down_Interval). */
export const MISSED_ADVERTS = 3;

/** Skew_Time: a higher priority waits less, so that the best backup is the first. In version 2 a part of a second (RFC 3768 section 6.1). */
export const skewTime = (priority: number, masterInterval: Nanoseconds, version: VrrpVersion = 3): Nanoseconds =>
  ns(((256 - priority) * (version === 2 ? NS_PER_S : masterInterval)) / 256);

/** How long a backup hears nothing from the master before it takes over; from the *master's* interval, which version 2 has in common. */
export const masterDownInterval = (
  priority: number,
  masterInterval: Nanoseconds,
  version: VrrpVersion = 3,
): Nanoseconds => ns(MISSED_ADVERTS * masterInterval + skewTime(priority, masterInterval, version));

/**
 * How late a master's advert may be before a peer of any priority may have taken over: from then on the master listens
 * before it speaks. The advert before it was one interval earlier, and the smallest skew is almost none.
 */
export const silenceLimit = (interval: Nanoseconds): Nanoseconds => ns((MISSED_ADVERTS - 1) * interval);
