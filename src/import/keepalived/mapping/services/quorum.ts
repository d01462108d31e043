/** quorum and hysteresis, which keepalived counts in weights. */
import type { Backend, Service } from '../../../document.js';
import type { Fields } from '../fields.js';
import type { Import } from '../import.js';

const MOST = 1_000_000;

export function watermarks(work: Import, service: Service, fields: Fields, backends: readonly Backend[]): void {
  const quorum = fields.integer('quorum', 1, MOST);
  const hysteresis = fields.integer('hysteresis', 0, MOST);
  const from = [quorum.from, hysteresis.from].flatMap((statement) => statement ?? []);
  if (from.length === 0) return;
  const refuse = (why: string): void => {
    for (const statement of from) work.leaveOut(statement, why);
  };
  if (fields.one('sorry_server') === undefined) {
    refuse('without a sorry_server keepalived serves on below it, and Fulcrum would not');
    return;
  }
  const weights = backends.map(({ weight }) => weight ?? 1);
  const [weight = 1] = weights;
  if (weight === 0 || weights.some((other) => other !== weight)) {
    refuse('it counts weights, and Fulcrum counts backends: with different weights no number of them is the same');
    return;
  }
  // As keepalived mends them.
  const enough = Math.min(quorum.value ?? 1, weight * weights.length);
  const spare = Math.min(hysteresis.value ?? 0, enough - 1);
  const low = Math.ceil((enough - spare) / weight);
  const high = Math.ceil((enough + spare) / weight);
  work.put(service, 'watermarks', { low, high }, ...from);
}
