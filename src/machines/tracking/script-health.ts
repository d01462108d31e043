/**
 * Whether a tracked script is good, from its runs: as a checked target, by the same table. What is told to others is only what
 * the last run agrees with: a tracker that began anew, and counts to `rise` or `fall` again, contradicts nothing that was known.
 */
import type { TrackedScript } from '../../model/config.js';
import { stepHealth, type TargetHealth } from '../health/target-health.js';

export type ScriptPolicy = Pick<TrackedScript, 'rise' | 'fall'>;
export type ScriptStep = {
  readonly health: TargetHealth;
  /** Null: not decided yet. */
  readonly up: boolean | null;
};

const states = { unknown: 'unknown', good: 'healthy', bad: 'unhealthy' } as const;

export const initialHealth = (initially: TrackedScript['initially']): TargetHealth => ({
  state: states[initially],
  failures: 0,
  successes: 0,
});

export function stepScript(health: TargetHealth, good: boolean, { rise, fall }: ScriptPolicy): ScriptStep {
  const event = { kind: good ? 'healthy' : 'unhealthy', message: '' } as const;
  const next = stepHealth(health, event, { retries: fall - 1, rise }).health;
  return { health: next, up: (next.state === 'healthy') === good ? good : null };
}
