/** What checks make of a backend's weight. Pure. */
import type { CheckWeight } from '../../model/probe.js';
import { MAX_IPVS_WEIGHT } from '../../wire/ipvs/types.js';

/**
 * Each check adds its own part, as in keepalived: `add` what it says, `set` what leads from the configured weight to its own. So
 * one check alone that sets it decides, and several add up. Null: none says anything.
 */
export function weightByChecks(configured: number, said: readonly CheckWeight[]): number | null {
  if (said.length === 0) return null;
  const sum = said.reduce(
    (total, { kind, weight }) => total + (kind === 'set' ? weight - configured : weight),
    configured,
  );
  return Math.min(MAX_IPVS_WEIGHT, Math.max(0, sum));
}
