/** Limits of a monitor shard, each with its reason. */
import { type Nanoseconds, NS_PER_MS, ns } from '../../model/units.js';

/** First probes of new targets start this far apart: 4,000/s is far below what a shard can do, and 100 targets are known in 25 ms. */
export const FIRST_PROBE_SPACING_NS: Nanoseconds = ns(NS_PER_MS / 4);

/** A target whose peer tells of changes all the time is probed for them ten times a second, no more. */
export const NEWS_SPACING_NS: Nanoseconds = ns(100 * NS_PER_MS);

/**
 * Probes of one host under way at once: more would look like an attack to it, and to the firewalls between. Others wait in order of
 * arrival, and hosts with some that wait take turns.
 */
export const MAX_PROBES_PER_HOST = 256;

/** Probes of a shard under way at once, where the limit of open files allows it: 100,000 targets at 10 s with half a second each. */
export const MAX_PROBES_PER_SHARD = 5000;
/** A shard may use this part of the open files of the process, shared among all shards. */
export const DESCRIPTOR_SHARE = 0.5;

/** A due time that was missed by more than this part of the interval is left out. */
export const SKIP_LATENESS = 0.5;

/** Statuses in one message: about 18 KB. */
export const STATUS_BATCH = 500;
/** Unchanged statuses are only for people to look at. */
export const STATUS_PERIOD_NS: Nanoseconds = ns(500 * NS_PER_MS);
/** At most 2,000 unchanged statuses a second, so that the engine is not kept busy with what does not matter. */
export const STATUSES_PER_PERIOD = 1000;
/** An answer to a new engine goes out in turns of this size (a few ms), so that probes stay on time. */
export const STATUSES_PER_TURN = 5000;
/** Messages that the engine has not taken; above it the shard holds its statuses, newest only, at home. */
export const MAX_BACKLOG = 128;
/** How soon a shard that held back looks again. */
export const BACKLOG_RETRY_NS: Nanoseconds = ns(20 * NS_PER_MS);

/** Least time between two events (and log lines) of one alarm. */
export const ALARM_PERIOD_NS: Nanoseconds = ns(60_000 * NS_PER_MS);
