/**
 * A check's document and its model, both ways. An option of a checker needs no line here: `tls_verify` of the document is `tlsVerify` of the
 * model, with the value that the schema gives. The compiler holds the two types together.
 */
import type { CheckConfig, CodeRange } from '../../model/config.js';
import { type Nanoseconds, NS_PER_S, ns } from '../../model/units.js';
import { formatEscapes } from '../../wire/text/escapes.js';
import { formatHumantime } from '../../wire/text/humantime.js';
import type { DocumentMap, DocumentValue } from '../document-value.js';
import type { CheckDocument } from '../schema/checks.js';

const DEFAULT_TIMEOUT = 5 * NS_PER_S;
const DEFAULT_LONGEST_BACKOFF = 60 * NS_PER_S;

export type ResolvePath = (path: string) => string;

export const buildCheck = (document: CheckDocument, resolve: ResolvePath): CheckConfig => {
  const { interval, timeout, retries, rise, backoff, jitter, mode, source, port, ...own } = document;
  return {
    intervalNs: interval,
    timeoutNs: timeout ?? least(interval, DEFAULT_TIMEOUT),
    retries,
    rise,
    backoff:
      backoff === null
        ? null
        : { factor: backoff.factor, maxNs: backoff.max ?? ns(Math.max(interval, DEFAULT_LONGEST_BACKOFF)) },
    jitter,
    mode,
    source,
    port,
    ...modelOptions(own, resolve),
  };
};

export const checkDocument = (check: CheckConfig): DocumentMap => {
  const { type, intervalNs, timeoutNs, retries, rise, backoff, jitter, mode, source, port, ...own } = check;
  return {
    type,
    interval: formatHumantime(intervalNs),
    timeout: formatHumantime(timeoutNs),
    retries,
    rise,
    backoff: backoff === null ? null : { factor: backoff.factor, max: formatHumantime(backoff.maxNs) },
    jitter,
    mode,
    source,
    port,
    ...documentOptions(own),
  };
};

const least = (left: Nanoseconds, right: number): Nanoseconds => ns(Math.min(left, right));

type CamelCase<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Key;
type ModelOptions<Options> = Options extends object
  ? { readonly [Key in keyof Options as CamelCase<Key> & string]: Options[Key] }
  : never;

/** Options that name a file. */
const paths: ReadonlySet<string> = new Set(['ca_file', 'cert_file', 'key_file']);

const modelOptions = <Options extends object>(options: Options, resolve: ResolvePath): ModelOptions<Options> => {
  const entries = Object.entries(options).map(([key, value]: [string, unknown]) => [
    key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    paths.has(key) && typeof value === 'string' ? resolve(value) : value,
  ]);
  return Object.fromEntries(entries) as ModelOptions<Options>;
};

/** What an option of the model may be. */
type OptionValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | CodeRange)[]
  | Readonly<Record<string, string>>;

const documentOptions = (options: Readonly<Record<string, OptionValue>>): DocumentMap =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      documentValue(value),
    ]),
  );

const documentValue = (value: OptionValue): DocumentValue => {
  if (value instanceof Uint8Array) return formatEscapes(value);
  return isList(value) ? value.map(documentItem) : value;
};

const isList = (value: OptionValue): value is readonly (string | CodeRange)[] => Array.isArray(value);

const documentItem = (item: string | CodeRange): string | number => {
  if (typeof item === 'string') return item;
  return item.from === item.to ? item.from : `${item.from}-${item.to}`;
};
