/** quorum and hysteresis: watermarks by weight. */
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
  const sum = backends.reduce((total, { weight }) => total + (weight ?? 1), 0);
  // As keepalived mends them.
  const enough = Math.max(1, Math.min(quorum.value ?? 1, sum));
  const spare = Math.min(hysteresis.value ?? 0, enough - 1);
  work.put(service, 'watermarks', { low: enough - spare, high: enough + spare, by: 'weight' }, ...from);
}
