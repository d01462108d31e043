import { changeWords } from '../../../model/dataplane/change.js';
import type { ServiceKey, Table } from '../../../model/dataplane/table.js';
import type { ActorContext } from '../../../workers/actor.js';
import { metrics } from '../metrics.js';
import { diff } from './diff.js';

/** Tells and counts what is not as we wrote it; what others do with their own services is no drift. */
export function tellDrift(
  context: Pick<ActorContext, 'log' | 'meter' | 'event'>,
  found: Table,
  known: Table,
  isOurs: (key: ServiceKey) => boolean,
): void {
  const ours = [...new Set([...found.keys(), ...known.keys()])].filter(isOurs);
  const repairs = diff(found, known, { only: ours, mayRemove: () => true, maxRemovals: null }).changes;
  for (const change of repairs) {
    const { what, text } = changeWords(change);
    const why = 'the table was changed by someone else';
    context.event({ type: 'drift', op: change.kind, what, why: `${why}: ${text}` });
    context.log.warn({ change: change.kind, service: change.service.key }, `drift: ${why}; repair: ${text}`);
  }
  if (repairs.length > 0) context.meter.count(metrics.fulcrum_ipvs_drift_total, {}, repairs.length);
}

/** In words, what it would take to get from one table to the other. */
export const stepsInWords = (from: Table, to: Table, mayRemove: (key: ServiceKey) => boolean): readonly string[] =>
  diff(from, to, { only: null, mayRemove, maxRemovals: null }).changes.map((change) => changeWords(change).text);
