/** Which line of the source each value of the document comes from: for its comments, and to blame a line for what is refused. */
import type { Place } from './notes.js';

export type Origin = { readonly keyword: string; readonly at: Place };
type Key = string | number;

export class Trace {
  /** The file that most lines are of: a comment names others only. */
  readonly #main: string;
  readonly #origins = new WeakMap<object, Map<Key, readonly Origin[]>>();

  constructor(main: string) {
    this.#main = main;
  }

  /** Writes an option, from these lines; from none, the source leaves it to its program's default. */
  put<Target extends object, Option extends keyof Target & string>(
    target: Target,
    key: Option,
    value: Target[Option],
    ...from: readonly Origin[]
  ): void {
    target[key] = value;
    this.note(target, key, ...from);
  }

  /** Adds an element of a list. */
  push<Item>(list: Item[], item: Item, ...from: readonly Origin[]): void {
    this.note(list, list.length, ...from);
    list.push(item);
  }

  note(target: object, key: Key, ...from: readonly Origin[]): void {
    const known = this.#origins.get(target) ?? new Map<Key, readonly Origin[]>();
    known.set(key, [...(known.get(key) ?? []), ...from]);
    this.#origins.set(target, known);
  }

  originsOf(target: object, key: Key): readonly Origin[] {
    return this.#origins.get(target)?.get(key) ?? [];
  }

  /** What stands behind the value; null where nothing is known of it. */
  commentOf(target: object, key: Key): string | null {
    const origins = this.#origins.get(target)?.get(key);
    if (origins === undefined) return null;
    const told = origins.map(({ keyword, at }) => {
      const file = at.file === this.#main ? '' : `${at.file.split('/').at(-1)} `;
      return `${file}line ${at.line}: ${keyword}`;
    });
    return told.length === 0 ? 'its default' : [...new Set(told)].join(', ');
  }

  /** Takes an option out of the document: an object's property or a list's element. */
  remove(target: object, key: Key): void {
    if (!Array.isArray(target)) {
      Reflect.deleteProperty(target, key);
      return;
    }
    const index = Number(key);
    target.splice(index, 1);
    const known = this.#origins.get(target);
    if (known === undefined) return;
    const moved = [...known].flatMap(([at, origins]) => {
      return at === index ? [] : [[Number(at) > index ? Number(at) - 1 : at, origins] as const];
    });
    this.#origins.set(target, new Map(moved));
  }
}
