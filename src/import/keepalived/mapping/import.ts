/** One import under way: what was carried over, from which lines, and what was not. */
import type { Note } from '../../notes.js';
import { Trace } from '../../trace.js';
import { type Context, reasonFor } from '../keywords.js';
import type { Statement } from '../language/blocks.js';

export class Import {
  readonly trace: Trace;
  readonly notes: Note[] = [];
  readonly #told = new Set<Statement>();

  constructor(file: string) {
    this.trace = new Trace(file);
  }

  /** Writes an option from these lines. */
  put<Target extends object, Key extends keyof Target & string>(
    target: Target,
    key: Key,
    value: Target[Key],
    ...from: readonly Statement[]
  ): void {
    this.trace.put(target, key, value, ...from);
    this.use(...from);
  }

  /** As `put`, where the source may be silent: `value` is what keepalived takes then. */
  putOr<Target extends object, Key extends keyof Target & string>(
    target: Target,
    key: Key,
    value: Target[Key],
    from: Statement | undefined,
  ): void {
    if (from === undefined) this.trace.put(target, key, value);
    else this.put(target, key, value, from);
  }

  push<Item>(list: Item[], item: Item, ...from: readonly Statement[]): void {
    this.trace.push(list, item, ...from);
    this.use(...from);
  }

  use(...statements: readonly Statement[]): void {
    for (const statement of statements) this.#told.add(statement);
  }

  isTold(statement: Statement): boolean {
    return this.#told.has(statement);
  }

  /** Tells it, and all that stands within. */
  leaveOut(statement: Statement, why: string): void {
    const { at, keyword, block } = statement;
    this.use(statement);
    this.notes.push({ at, keyword, kind: 'left-out', why });
    for (const inner of block ?? []) {
      if (!this.isTold(inner)) this.leaveOut(inner, `it belongs to ${keyword}, which is left out`);
    }
  }

  otherwise(statement: Statement, why: string): void {
    const { at, keyword } = statement;
    this.use(statement);
    this.notes.push({ at, keyword, kind: 'otherwise', why });
  }

  /** Whatever nobody has read: as the table of keywords says. */
  tellRest(statements: readonly Statement[], context: Context): void {
    for (const statement of statements) {
      if (!this.isTold(statement)) this.leaveOut(statement, reasonFor(context, statement.keyword));
    }
  }
}
