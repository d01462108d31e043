/** What changes from one configuration to another, in words for people. */

import type { Config, ServiceConfig } from '../model/config.js';
import { type DocumentMap, type DocumentValue, Secret } from '../schema/document-value.js';
import { documentOf } from './document.js';
import { MAX_CHANGES, MAX_SHOWN } from './limits.js';
import { markSecrets } from './redact.js';
import { backendDocument, serviceDocument } from './sections/services/build.js';

/**
 * One line for each change, such as `services.web.backends.a: weight 2 -> 3` or `services.web: added`; things with a
 * name are matched by it. Secrets are never shown. Empty where nothing changes. Of very many, the last line says how many more.
 */
export const diffConfig = (before: Config, after: Config): readonly string[] => {
  const changes: string[] = [];
  let untold = 0;
  for (const change of changesOf(before, after)) {
    if (changes.length < MAX_CHANGES) changes.push(change);
    else untold += 1;
  }
  return untold === 0 ? changes : [...changes, `${untold} more changes, not shown`];
};

function* changesOf(before: Config, after: Config): Generator<string> {
  const [old, now] = [documentOf({ ...before, services: [] }), documentOf({ ...after, services: [] })];
  for (const key of keysOf(old, now)) {
    if (key === 'services') yield* diffServices(before.services, after.services);
    else yield* diffValue('', key, old[key] ?? null, now[key] ?? null);
  }
}

/** Services and backends are nearly all of a large configuration: each is made a document by itself, when its turn comes. */
function* diffServices(before: readonly ServiceConfig[], after: readonly ServiceConfig[]): Generator<string> {
  yield* diffNamed('services', before, after, function* (path, earlier, later) {
    const own = (service: ServiceConfig): DocumentMap => markSecrets(serviceDocument({ ...service, backends: [] }));
    const [old, now] = [own(earlier), own(later)];
    for (const key of keysOf(old, now)) {
      if (key !== 'backends') yield* diffValue(path, key, old[key] ?? null, now[key] ?? null);
      else {
        yield* diffNamed(`${path}.backends`, earlier.backends, later.backends, (at, one, other) =>
          diffMap(at, markSecrets(backendDocument(one)), markSecrets(backendDocument(other))),
        );
      }
    }
  });
}

const keysOf = (before: DocumentMap, after: DocumentMap): string[] => [
  ...new Set([...Object.keys(before), ...Object.keys(after)]),
];

function* diffMap(path: string, before: DocumentMap, after: DocumentMap): Generator<string> {
  for (const key of keysOf(before, after)) yield* diffValue(path, key, before[key] ?? null, after[key] ?? null);
}

function* diffValue(path: string, key: string, before: DocumentValue, after: DocumentValue): Generator<string> {
  const inside = path === '' ? key : `${path}.${key}`;
  if (isNamedList(before) && isNamedList(after)) yield* diffNamed(inside, before, after, diffMap);
  else if (isMap(before) && isMap(after)) yield* diffMap(inside, before, after);
  else if (isMapList(before) && isMapList(after)) yield* diffIndexed(inside, before, after);
  else if (!same(before, after)) {
    const change =
      before instanceof Secret && after instanceof Secret ? changedSecret(before, after) : arrow(before, after);
    yield path === '' ? `${key}: ${change}` : `${path}: ${key} ${change}`;
  }
}

/** Both are hidden; where what is left of them differs too, that says more. */
const changedSecret = (before: Secret, after: Secret): string =>
  before.shown === after.shown ? 'changed (not shown)' : arrow(before, after);

const arrow = (before: DocumentValue, after: DocumentValue): string => `${cut(before)} -> ${cut(after)}`;

const cut = (value: DocumentValue): string => {
  const shown = showValue(value);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}... (${shown.length} characters)` : shown;
};

type Named = { readonly name: string };

function* diffNamed<T extends Named>(
  path: string,
  before: readonly T[],
  after: readonly T[],
  diff: (path: string, before: T, after: T) => Generator<string>,
): Generator<string> {
  const old = new Map(before.map((item) => [item.name, item]));
  const now = new Set(after.map(({ name }) => name));
  for (const { name } of before) if (!now.has(name)) yield `${path}.${name}: removed`;
  for (const item of after) {
    const earlier = old.get(item.name);
    if (earlier === undefined) yield `${path}.${item.name}: added`;
    else yield* diff(`${path}.${item.name}`, earlier, item);
  }
}

function* diffIndexed(path: string, before: readonly DocumentMap[], after: readonly DocumentMap[]): Generator<string> {
  for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
    const [old, now] = [before[index], after[index]];
    const at = `${path}[${index}]`;
    if (old === undefined) yield `${at}: added${typeOf(now)}`;
    else if (now === undefined) yield `${at}: removed${typeOf(old)}`;
    else yield* diffMap(at, old, now);
  }
}

const typeOf = (map: DocumentMap | undefined): string => (typeof map?.['type'] === 'string' ? ` (${map['type']})` : '');

const isMap = (value: DocumentValue): value is DocumentMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
const isMapList = (value: DocumentValue): value is readonly DocumentMap[] => Array.isArray(value) && value.every(isMap);
const isNamedList = (value: DocumentValue): value is readonly (Named & DocumentMap)[] =>
  isMapList(value) && value.every((item) => typeof item['name'] === 'string');

const same = (left: DocumentValue, right: DocumentValue): boolean => JSON.stringify(left) === JSON.stringify(right);

const showValue = (value: DocumentValue): string => {
  if (value === null) return 'none';
  if (value instanceof Secret) return value.shown;
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  if (isMap(value))
    return `{${Object.entries(value)
      .map(([key, inner]) => ` ${key}: ${showValue(inner)}`)
      .join(',')} }`;
  return String(value);
};
