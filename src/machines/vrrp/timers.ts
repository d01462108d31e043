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

/**
 * A backup that acts so late on a silent master was held up itself, and whatever did that (a hypervisor that stopped the
 * machine) may have held the master up too. It listens for as long again before it takes over, but no longer than an interval.
 */
const HELD_UP_NS = 0.5e6;
/** A master that was held up as well needs this to wake and to speak. */
const MIN_GRACE_NS = 2e6;

/** How long a backup that is so late listens once more; 0 = it was not held up. */
export const heldUpGrace = (lateNs: number, masterInterval: Nanoseconds): number =>
  lateNs < HELD_UP_NS ? 0 : Math.min(Math.max(lateNs, MIN_GRACE_NS), masterInterval);
