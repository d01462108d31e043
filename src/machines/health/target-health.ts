/**
 * Health of one target, decided from the results of its probes (Seesaw's rules): the first result ever decides at once; a
 * healthy target survives `retries` failures in a row; an unhealthy one needs `rise` successes in a row.
 *
 * A plain reducer with an explicit table, not an xstate actor: a shard holds up to 100,000 targets and takes 25,000 results
 * a second, where an actor costs 3.9 KB each and 4-6 us an event, and this a small object and well under 1 us. It keeps what
 * makes a machine worth having: all states and events are in one table, and each transition carries its reason.
 */
import type { TargetState } from '../../model/states.js';

/** Consecutive results up to the last probe: one of the two is 0. */
export type TargetHealth = { readonly state: TargetState; readonly failures: number; readonly successes: number };
export type HealthPolicy = { readonly retries: number; readonly rise: number };

/** `error`: the fault was ours, so it says nothing about the target. */
export type HealthEvent = {
  readonly kind: 'healthy' | 'unhealthy' | 'error';
  /** What the probe saw, such as "connection refused". */
  readonly message: string;
};

/** Why a target changed: for people, as "3 failures in a row: connection refused". */
export type HealthTransition = { readonly from: TargetState; readonly to: TargetState; readonly why: string };
export type HealthStep = { readonly health: TargetHealth; readonly transition: HealthTransition | null };

export const unknownHealth: TargetHealth = { state: 'unknown', failures: 0, successes: 0 };

type Counts = Pick<TargetHealth, 'failures' | 'successes'>;
type Rule = { readonly to: TargetState; readonly when: (counts: Counts, policy: HealthPolicy) => boolean };

const atOnce = (): boolean => true;
const pastRetries = (counts: Counts, policy: HealthPolicy): boolean => counts.failures > policy.retries;
const atRise = (counts: Counts, policy: HealthPolicy): boolean => counts.successes >= policy.rise;

/** What each state does at each result; null stays. `error` is not here: it changes nothing in any state. */
export const healthTable: Readonly<Record<TargetState, Readonly<Record<'healthy' | 'unhealthy', Rule | null>>>> = {
  unknown: { healthy: { to: 'healthy', when: atOnce }, unhealthy: { to: 'unhealthy', when: atOnce } },
  healthy: { healthy: null, unhealthy: { to: 'unhealthy', when: pastRetries } },
  unhealthy: { healthy: { to: 'healthy', when: atRise }, unhealthy: null },
};

export function stepHealth(health: TargetHealth, event: HealthEvent, policy: HealthPolicy): HealthStep {
  if (event.kind === 'error') return { health, transition: null };
  const counts: Counts =
    event.kind === 'healthy'
      ? { failures: 0, successes: health.successes + 1 }
      : { failures: health.failures + 1, successes: 0 };
  const rule = healthTable[health.state][event.kind];
  if (rule === null || !rule.when(counts, policy)) {
    return { health: { state: health.state, ...counts }, transition: null };
  }
  const next: TargetHealth = { state: rule.to, ...counts };
  return { health: next, transition: { from: health.state, to: rule.to, why: inARow(next, event.message) } };
}

/** Its last result speaks for another state, and more of the same would decide for that. */
export const isUndecided = ({ state, failures, successes }: TargetHealth): boolean =>
  (state === 'healthy' && failures > 0) || (state === 'unhealthy' && successes > 0);

/** "2 successes in a row: connected"; one alone is told by what it saw. */
export function inARow(counts: Counts, message: string): string {
  if (counts.failures > 1) return `${counts.failures} failures in a row: ${message}`;
  if (counts.successes > 1) return `${counts.successes} successes in a row: ${message}`;
  return message;
}
