/** The statements of one block by keyword, and their values. */
import { type Nanoseconds, ns } from '../../../model/units.js';
import type { Context } from '../keywords.js';
import type { Statement } from '../language/blocks.js';
import type { Import } from './import.js';

export class Fields {
  readonly statements: readonly Statement[];
  readonly #work: Import;

  constructor(work: Import, statements: readonly Statement[]) {
    this.#work = work;
    this.statements = statements;
  }

  all(...keywords: readonly string[]): readonly Statement[] {
    return this.statements.filter(({ keyword }) => keywords.includes(keyword));
  }

  /** The last one counts, as in keepalived. */
  one(...keywords: readonly string[]): Statement | undefined {
    const found = this.all(...keywords);
    const last = found.at(-1);
    for (const earlier of found.slice(0, -1)) {
      if (!this.#work.isTold(earlier)) this.#work.leaveOut(earlier, `line ${last?.at.line} says it again, and counts`);
    }
    return last;
  }

  word(...keywords: readonly string[]): Value<string> {
    const from = this.one(...keywords);
    const [value] = from?.words ?? [];
    if (from !== undefined && value === undefined) this.#work.leaveOut(from, 'its value is missing');
    return value === undefined || from === undefined ? NONE : { value, from };
  }

  integer(keyword: string, min: number, max: number): Value<number> {
    const { value: text, from } = this.word(keyword);
    if (text === undefined || from === undefined) return NONE;
    const value = integerOf(text);
    if (value !== null && value >= min && value <= max) return { value, from };
    this.#work.leaveOut(from, `'${text}' is no whole number from ${min} to ${max}`);
    return NONE;
  }

  /** Seconds with decimals. */
  timer(keyword: string): Value<Nanoseconds> {
    const { value, from } = this.word(keyword);
    if (value === undefined || from === undefined) return NONE;
    const span = secondsOf(value);
    if (span !== null) return { value: span, from };
    this.#work.leaveOut(from, `'${value}' is no number of seconds`);
    return NONE;
  }

  /** A word alone says yes. */
  flag(keyword: string): Value<boolean> {
    const from = this.one(keyword);
    if (from === undefined) return NONE;
    const [word = 'true'] = from.words;
    if (/^(?:on|true|yes)$/iu.test(word)) return { value: true, from };
    if (/^(?:off|false|no)$/iu.test(word)) return { value: false, from };
    this.#work.leaveOut(from, `'${word}' is neither on nor off`);
    return NONE;
  }

  tellRest(context: Context): void {
    this.#work.tellRest(this.statements, context);
  }
}

/** Both are there, or neither is. */
export type Value<Type> =
  | { readonly value: Type; readonly from: Statement }
  | { readonly value?: undefined; readonly from?: undefined };
const NONE = {};

/** Null for any other text. */
export const integerOf = (text: string): number | null => (/^[-+]?[0-9]{1,15}$/u.test(text) ? Number(text) : null);

/** keepalived counts microseconds. */
export const secondsOf = (text: string): Nanoseconds | null =>
  /^[0-9]{1,7}(?:\.[0-9]{0,9})?$/u.test(text) ? ns(Math.round(Number(text) * 1e6) * 1000) : null;
