/** What people see of a configuration: the fields of `secretFields` without their secrets. */

import { type DocumentMap, type DocumentValue, Secret } from '../schema/document-value.js';
import { HIDDEN } from '../wire/secrets/redaction.js';
import {
  isPlainParameter,
  isPlainPathSegment,
  isPlainSegment,
  parameters,
  type SecretKind,
  secretFields,
  splitPath,
  splitUrl,
} from '../wire/secrets/secret-fields.js';

/** The document with its secrets marked. */
export const markSecrets = (document: DocumentMap): DocumentMap =>
  Object.fromEntries(Object.entries(document).map(([key, value]) => [key, markField(key, value)]));

const markField = (key: string, value: DocumentValue): DocumentValue => {
  const kind = secretFields.get(key);
  if (kind === undefined) return mark(value);
  if (typeof value === 'string') return hide(kind, value);
  if ((kind === 'headers' || kind === 'values') && isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, text]) => [name, typeof text === 'string' ? hide('value', text) : text]),
    );
  }
  return mark(value);
};

const mark = (value: DocumentValue): DocumentValue => {
  if (Array.isArray(value)) return value.map(mark);
  return isMap(value) ? markSecrets(value) : value;
};

const isMap = (value: DocumentValue): value is DocumentMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);

const hide = (kind: SecretKind, text: string): string | Secret => {
  const shown = shownOf(kind, text);
  return shown === text ? text : new Secret(text, shown);
};

const shownOf = (kind: SecretKind, text: string): string => {
  if (text === '') return text;
  if (kind === 'url') return redactUrl(text);
  return kind === 'path' ? redactPath(text) : HIDDEN;
};

/** Where a URL leads and what its parameters are called; the whole is hidden where it cannot be read. */
export const redactUrl = (text: string): string => {
  const { start, path, query } = splitUrl(text);
  if (start === '') return HIDDEN;
  const safeStart = start.replace(/\/\/([^@:]*)(:[^@]*)?@/u, (_, user: string, password?: string) => {
    const shownUser = user === '' ? '' : HIDDEN;
    return `//${shownUser}${password === undefined ? '' : `:${HIDDEN}`}@`;
  });
  return `${safeStart}${redactSegments(path, isPlainSegment)}${redactQuery(query)}`;
};

/** A path with its segments, but for those that look like a token, and with the names of its parameters. */
export const redactPath = (text: string): string => {
  const { path, query } = splitPath(text);
  return `${redactSegments(path, isPlainPathSegment)}${redactQuery(query)}`;
};

const redactSegments = (path: string, isPlain: (segment: string) => boolean): string =>
  path
    .split('/')
    .map((segment) => (isPlain(segment) ? segment : HIDDEN))
    .join('/');

const redactQuery = (query: string): string => {
  if (query === '') return '';
  const shown = parameters(query).map(({ name, value }) => {
    if (name === '') return HIDDEN;
    return isPlainParameter(name) ? `${name}=${value}` : `${name}=${HIDDEN}`;
  });
  return `?${shown.join('&')}`;
};
