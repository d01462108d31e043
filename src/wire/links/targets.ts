/** Engine to monitor shard: what to probe. Monitor shard to engine: how it is. */

import type { CheckWeight, FailureCause, ProbeSpec } from '../../model/probe.js';
import type { TargetKey, TargetState } from '../../model/states.js';
import type { Nanoseconds } from '../../model/units.js';
import { block, COMMANDS, type LinkKind, STREAM } from './link-kind.js';
import { protocol } from './protocol.js';

export type TargetStatus = {
  readonly key: TargetKey;
  readonly state: TargetState;
  /** Consecutive, up to the last probe: one of the two is 0. */
  readonly failures: number;
  readonly successes: number;
  /** All probes of this target so far, over every life of its monitor, and those of them that succeeded; ours (`error`) are not counted. */
  readonly probes: number;
  readonly passed: number;
  /** Wall clock, milliseconds since the epoch; 0 before the first probe. */
  readonly lastCheckMs: number;
  readonly durationNs: Nanoseconds;
  readonly cause: FailureCause | null;
  readonly message: string;
  /** Of the last success; absent: it says nothing of the weight, or the target is not healthy. */
  readonly weight?: CheckWeight;
};

export type TargetAssignment = {
  readonly key: TargetKey;
  readonly spec: ProbeSpec;
  /** Last known state, from another shard, another life or the state file: a resumed target does not start as unknown. */
  readonly resume: TargetStatus | null;
};

export type ToMonitor =
  /** Everything that is not assigned until `replace-end` is dropped; a target that is assigned again keeps its state. */
  | { readonly kind: 'replace-begin' }
  | { readonly kind: 'assign'; readonly targets: readonly TargetAssignment[] }
  | { readonly kind: 'replace-end' }
  | { readonly kind: 'unassign'; readonly keys: readonly TargetKey[] };

export const toMonitor = protocol<ToMonitor>('to-monitor', 1, {
  'replace-begin': {},
  assign: { targets: 'array' },
  'replace-end': {},
  unassign: { keys: 'array' },
});

export type FromMonitor =
  /** Changes of state, or of the weight that a check says, sent at once. */
  | { readonly kind: 'transitions'; readonly statuses: readonly TargetStatus[] }
  /** Newest status of targets whose state did not change: coalesced, for people to look at. Also the answer to `replace-end`... */
  | { readonly kind: 'statuses'; readonly statuses: readonly TargetStatus[] }
  /** ...and the last of it: every target that was assigned has been told. */
  | { readonly kind: 'complete'; readonly statuses: readonly TargetStatus[] }
  /** All that the shard told the data plane of up to this time has been told here too. */
  | { readonly kind: 'told'; readonly until: Nanoseconds };

/** What says how targets are. */
export type StatusNews = Exclude<FromMonitor, { readonly kind: 'told' }>;

export const fromMonitor = protocol<FromMonitor>('from-monitor', 1, {
  transitions: { statuses: 'array' },
  statuses: { statuses: 'array' },
  complete: { statuses: 'array' },
  told: { until: 'number' },
});

/** Through the engine to the data plane: a dead backend gets traffic until that knows. */
const verdictUrgency = ({ kind }: FromMonitor): number => (kind === 'transitions' ? 2 : 0);

/** From the engine to a monitor. */
export const targetsLink: LinkKind<ToMonitor, FromMonitor> = {
  name: 'targets',
  aToB: { protocol: toMonitor, bound: COMMANDS, overflow: block },
  bToA: { protocol: fromMonitor, bound: STREAM, overflow: block, urgent: verdictUrgency },
};
