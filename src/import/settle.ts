/** What the configuration's own rules refuse is taken out of an import, and told: so that what is written is valid. */
import type { Document, Imported } from './document.js';
import type { Note } from './notes.js';
import type { Origin, Trace } from './trace.js';

/** An option's path, such as `services[0].port`, and what is wrong with it. */
export type Refusal = { readonly path: string; readonly message: string };
type Key = string | number;

/** Each round takes out something; what is left out whole is one round later, and what pointed to it another. */
const MAX_ROUNDS = 1000;

/** `refusals` says what is wrong with a document. @returns what is left, and null where nothing helps */
export function settle(imported: Imported, refusals: (document: Document) => readonly Refusal[]): Imported | null {
  const { document, trace } = imported;
  const notes = [...imported.notes];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = refusals(document);
    if (found.length === 0) return { document, trace, notes };
    const removals = found.map(({ path, message }) => ({ keys: keysOf(path), message }));
    // The last of a list first: those before it stay where they are.
    removals.sort((one, other) => compare(other.keys, one.keys));
    for (const { keys, message } of removals) {
      const place = resolve(document, keys);
      if (place === null) return null;
      notes.push(...blame(place, message, trace));
      trace.remove(place.target, place.key);
    }
  }
  return null;
}

function keysOf(path: string): readonly Key[] {
  const whole = WHOLE.exec(path)?.[0] ?? path;
  return [...whole.matchAll(/\[([0-9]+)\]|[^.[\]]+/gu)].map(([text, index]) =>
    index === undefined ? text : Number(index),
  );
}

/** A rule without one of its conditions would be for more packets, and a route without its gateway another one. */
const WHOLE = /^vrrp\.instances\[\d+\]\.(?:rules|routes)\[\d+\]/u;

function compare(one: readonly Key[], other: readonly Key[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [left, right] = [one[at], other[at]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    return typeof left === 'number' && typeof right === 'number' ? left - right : String(left) < String(right) ? -1 : 1;
  }
  return 0;
}

type Found = { readonly target: object; readonly key: Key; readonly owners: readonly (readonly [object, Key])[] };

/** Where it stands; for an option that is missing, what it is missing in. */
function resolve(document: object, keys: readonly Key[]): Found | null {
  const owners: (readonly [object, Key])[] = [];
  let target: unknown = document;
  for (const key of keys) {
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) break;
    owners.push([target, key]);
    target = Reflect.get(target, key);
  }
  const last = owners.at(-1);
  return last === undefined ? null : { target: last[0], key: last[1], owners };
}

/** The lines that it comes from, or those that its owner comes from; and all that goes with it. */
function blame({ target, key, owners }: Found, message: string, trace: Trace): readonly Note[] {
  const own = owners.map(([owner, at]) => trace.originsOf(owner, at)).findLast((origins) => origins.length > 0) ?? [];
  const first = own.at(-1) ?? { keyword: '(document)', at: { file: '(document)', line: 0 } };
  const note = ({ keyword, at }: Origin, why: string): Note => ({ keyword, at, kind: 'left-out', why });
  const within = inside(Reflect.get(target, key), trace).map((origin) => note(origin, `it goes with ${first.keyword}`));
  return [note(first, message), ...within];
}

function inside(value: unknown, trace: Trace): readonly Origin[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys: readonly Key[] = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => [...trace.originsOf(value, key), ...inside(Reflect.get(value, key), trace)]);
}
