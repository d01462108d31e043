/** What changes from one configuration to another, in words for people. */
import { type DocumentMap, type DocumentValue, documentOf } from './effective.js';
import type { Config } from './model.js';
import { Secret } from './redact.js';

/**
 * One line for each change, such as `services.web.backends.a: weight 2 -> 3` or `services.web: added`; things with a
 * name are matched by it. Secrets are never shown. Empty where nothing changes.
 */
export const diffConfig = (before: Config, after: Config): readonly string[] =>
  diffMap('', documentOf(before), documentOf(after));

const diffMap = (path: string, before: DocumentMap, after: DocumentMap): string[] => {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => diffValue(path, key, before[key] ?? null, after[key] ?? null));
};

const diffValue = (path: string, key: string, before: DocumentValue, after: DocumentValue): string[] => {
  const inside = path === '' ? key : `${path}.${key}`;
  if (isNamedList(before) && isNamedList(after)) return diffNamed(inside, before, after);
  if (isMap(before) && isMap(after)) return diffMap(inside, before, after);
  if (isMapList(before) && isMapList(after)) return diffIndexed(inside, before, after);
  if (same(before, after)) return [];
  const change =
    before instanceof Secret && after instanceof Secret ? changedSecret(before, after) : arrow(before, after);
  return [path === '' ? `${key}: ${change}` : `${path}: ${key} ${change}`];
};

/** Both are hidden; where what is left of them differs too, that says more. */
const changedSecret = (before: Secret, after: Secret): string =>
  before.shown === after.shown ? 'changed (not shown)' : arrow(before, after);

const arrow = (before: DocumentValue, after: DocumentValue): string => `${showValue(before)} -> ${showValue(after)}`;

type Named = { readonly name: string } & DocumentMap;

const diffNamed = (path: string, before: readonly Named[], after: readonly Named[]): string[] => {
  const old = new Map(before.map((item) => [item.name, item]));
  const now = new Map(after.map((item) => [item.name, item]));
  return [
    ...before.flatMap(({ name }) => (now.has(name) ? [] : [`${path}.${name}: removed`])),
    ...after.flatMap((item) => {
      const earlier = old.get(item.name);
      return earlier === undefined ? [`${path}.${item.name}: added`] : diffMap(`${path}.${item.name}`, earlier, item);
    }),
  ];
};

const diffIndexed = (path: string, before: readonly DocumentMap[], after: readonly DocumentMap[]): string[] => {
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) => index).flatMap((index) => {
    const [old, now] = [before[index], after[index]];
    const at = `${path}[${index}]`;
    if (old === undefined) return [`${at}: added${typeOf(now)}`];
    return now === undefined ? [`${at}: removed${typeOf(old)}`] : diffMap(at, old, now);
  });
};

const typeOf = (map: DocumentMap | undefined): string => (typeof map?.['type'] === 'string' ? ` (${map['type']})` : '');

const isMap = (value: DocumentValue): value is DocumentMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
const isMapList = (value: DocumentValue): value is readonly DocumentMap[] => Array.isArray(value) && value.every(isMap);
const isNamedList = (value: DocumentValue): value is readonly Named[] =>
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
