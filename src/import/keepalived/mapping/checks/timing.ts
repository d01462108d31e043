/** When a check is made: what a check, its real server or its virtual server says, or keepalived's default. */
import { type Nanoseconds, NS_PER_S, ns } from '../../../../model/units.js';
import { formatHumantime } from '../../../../wire/text/humantime.js';
import type { Check } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import type { Fields, Value } from '../fields.js';
import type { Import } from '../import.js';

/** The blocks that a check stands in, its own first: the first that says something counts. */
export type Levels = readonly Fields[];

/** An option of the innermost block that has it. */
export function inherited<Type>(levels: Levels, read: (fields: Fields) => Value<Type>): Value<Type> {
  const found = levels.map(read);
  return found.find(({ from }) => from !== undefined) ?? {};
}

const DELAY_LOOP = ns(60 * NS_PER_S);
const CONNECT_TIMEOUT = ns(5 * NS_PER_S);

/** What a type of check has where nothing says more: how often it looks again, and after what pause (null: delay_loop). */
export type Again = { readonly retry: number; readonly pause: Nanoseconds | null };
export const AGAIN: Again = { retry: 1, pause: ns(NS_PER_S) };

export function timing(work: Import, check: Check, levels: Levels, again: Again): void {
  const loop = inherited(levels, (fields) => fields.timer('delay_loop'));
  const interval = loop.value ?? DELAY_LOOP;
  work.putOr(check, 'interval', formatHumantime(interval), loop.from);
  const connect = inherited(levels, (fields) => fields.timer('connect_timeout'));
  timeout(work, check, interval, connect);
  const retry = inherited(levels, (fields) => retries(fields));
  const count = retry.value ?? again.retry;
  work.putOr(check, 'retries', count, retry.from);
  const delay = inherited(levels, (fields) => fields.timer('delay_before_retry'));
  const pause = delay.value ?? again.pause ?? interval;
  if (count > 0 && pause < interval) work.putOr(check, 'retry_interval', formatHumantime(pause), delay.from);
  else if (delay.from !== undefined) work.otherwise(delay.from, RETRY);
}

const RETRY = 'a check here looks again after its interval at the latest, and only where it has retries';

const retries = (fields: Fields): Value<number> => {
  const retry = fields.integer('retry', 0, 1000);
  return retry.from === undefined ? fields.integer('nb_get_retry', 0, 1000) : retry;
};

function timeout(work: Import, check: Check, interval: Nanoseconds, { value, from }: Value<Nanoseconds>): void {
  const wanted = value ?? CONNECT_TIMEOUT;
  if (wanted > interval && from !== undefined) {
    work.otherwise(from, `a check here takes at most its interval, ${formatHumantime(interval)}`);
  }
  work.putOr(check, 'timeout', formatHumantime(ns(Math.min(wanted, interval))), from);
}

/** Whatever turns it on for a real server or a check: there is no other way here. */
export const alphas = (levels: Levels): readonly Statement[] =>
  levels.flatMap((fields) => {
    const { value, from } = fields.flag('alpha');
    return value === true && from !== undefined ? [from] : [];
  });
