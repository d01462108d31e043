/**
 * One element of `update_configs`: the seed's fields become the options of a check in a configuration, so that both are
 * read by the same rules. Everything beyond the seed is optional and named as there.
 */
import { isIP } from 'node:net';
import { descriptorOf } from '../../checks/index.js';
import { SYSTEM_RESOLVER } from '../../checks/probing/system-names.js';
import { SafeMessages } from '../../config/safe-messages.js';
import { buildCheck } from '../../config/sections/checks/build.js';
import { check as checkSchema } from '../../config/sections/checks/schema.js';
import type { ProbeSpec } from '../../model/probe.js';
import { type HealthcheckId, readId } from '../../wire/seesaw/healthcheck-messages.js';
import { isObject, type JsonObject, type JsonValue } from '../../wire/text/lossless-json.js';

const DNS_PORT = 53;

export type ReadElement =
  | { readonly kind: 'config'; readonly id: HealthcheckId; readonly spec: ProbeSpec }
  /** `message` names the id and the field; `id` is null where there is none to name. */
  | { readonly kind: 'refused'; readonly id: HealthcheckId | null; readonly message: string };

type Document = Readonly<Record<string, unknown>>;
type Host = { readonly host: string; readonly port: number };

class Refused extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** What a socket's client has no say in: files that the server would read, and what has a field of its own. */
const withheld = new Set(['type', 'port', 'ca_file', 'cert_file', 'key_file', 'expected', 'expected_codes', 'tls']);

const typeOf: Readonly<Record<string, string>> = { tls: 'tcp', https: 'http' };

export function readElement(element: JsonValue): ReadElement {
  if (!isObject(element)) return { kind: 'refused', id: null, message: 'a config is an object' };
  const id = readId(element['id']);
  if (id === null) return { kind: 'refused', id: null, message: 'a config without an id from 0 to 2^64 - 1' };
  try {
    return { kind: 'config', id, spec: specOf(element) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { kind: 'refused', id, message: `config ${id}: ${error.field}: ${error.message}` };
  }
}

function specOf(element: JsonObject): ProbeSpec {
  for (const field of ['interval', 'timeout', 'retries', 'checker_type']) {
    if (element[field] === undefined) throw new Refused(field, 'missing');
  }
  const { host, port } = hostOf(element);
  const document = documentOf(element);
  const parsed = checkSchema.safeParse(document);
  if (!parsed.success) {
    const [issue = { path: [], message: 'wrong' }] = parsed.error.issues;
    throw new Refused(issue.path.join('.'), new SafeMessages(document).of(issue));
  }
  // No path is among the options that are taken over.
  return { host, port, check: buildCheck(parsed.data, (path) => path), mark: markOf(element) };
}

function documentOf(element: JsonObject): Document {
  const checkerType = String(element['checker_type']);
  const type = typeOf[checkerType] ?? checkerType;
  const schema = checkSchema.options.find(({ shape }) => ([...shape.type.values] as string[]).includes(type));
  if (schema === undefined || descriptorOf(type)?.onlyFromFile)
    throw new Refused('checker_type', `${JSON.stringify(checkerType)} is not a kind of check`);
  const document: Record<string, unknown> = { type };
  for (const option of Object.keys(schema.shape)) {
    const value = element[option];
    if (value !== undefined && !withheld.has(option)) document[option] = value;
  }
  for (const field of ['interval', 'timeout']) document[field] = durationText(element[field]);
  for (const field of ['send', 'receive']) {
    if (document[field] !== undefined) document[field] = escapedText(field, element[field]);
  }
  if ('tls' in schema.shape)
    document['tls'] = type !== checkerType || element['tls'] === true || element['secure'] === true;
  if (type === 'http') document['expected_codes'] = codesOf(element['expected_codes']);
  if (type === 'dns') Object.assign(document, answersOf(element));
  return document;
}

function hostOf(element: JsonObject): Host {
  const type = element['checker_type'];
  const ip = element['ip'];
  if (ip === undefined && type === 'dns') return { host: SYSTEM_RESOLVER, port: DNS_PORT };
  const text = typeof ip === 'string' ? ip.replace(/^\[(.*)\]$/, '$1') : '';
  if (isIP(text) === 0) throw new Refused('ip', 'an IPv4 or IPv6 address is expected');
  const port = element['port'] ?? (type === 'dns' ? DNS_PORT : type === 'icmp' ? 0 : undefined);
  const least = type === 'icmp' ? 0 : 1;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < least || port > 65_535) {
    throw new Refused('port', 'a port from 1 to 65535 is expected');
  }
  return { host: text, port };
}

/** Humantime text as it is; Rust's `{secs, nanos}` and Go's integer nanoseconds as such text. */
function durationText(value: JsonValue | undefined): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return `${value}ns`;
  if (isObject(value) && isCount(value['secs']) && isCount(value['nanos'])) {
    return `${value['secs']}s ${value['nanos']}ns`;
  }
  return value;
}

const isCount = (value: JsonValue | undefined): boolean =>
  (typeof value === 'number' && Number.isInteger(value) && value >= 0) || (typeof value === 'bigint' && value >= 0n);

/** Plain text, or an array of bytes, as the text with C escapes that configurations have. */
function escapedText(field: string, value: JsonValue | undefined): unknown {
  if (typeof value === 'string') return value.replaceAll('\\', '\\\\');
  if (!Array.isArray(value)) return value;
  return value
    .map((byte: JsonValue) => {
      if (typeof byte !== 'number' || !Number.isInteger(byte) || byte < 0 || byte > 255) {
        throw new Refused(field, 'text, or an array of bytes from 0 to 255, is expected');
      }
      return `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** Seesaw's way to say any code is an empty list, or a list with 0. */
function codesOf(value: JsonValue | undefined): unknown {
  if (value === undefined) throw new Refused('expected_codes', 'missing');
  return Array.isArray(value) && value.includes(0) ? [] : value;
}

function answersOf(element: JsonObject): Document {
  const value = element['expected_ips'] ?? element['expected'];
  const expected = value === undefined ? [] : value;
  if (element['record'] !== undefined || !Array.isArray(expected)) return { expected };
  const versions = new Set(expected.map((ip: JsonValue) => isIP(String(ip))));
  if (versions.size > 1) throw new Refused('expected_ips', 'one check asks for IPv4 or for IPv6 addresses: make two');
  return { expected, record: versions.has(6) ? 'AAAA' : 'A' };
}

function markOf(element: JsonObject): number | null {
  const mark = element['mark'] ?? null;
  if (mark === null || mark === 0) return null;
  if (typeof mark === 'number' && Number.isInteger(mark) && mark > 0 && mark < 2 ** 32) return mark;
  throw new Refused('mark', 'a number from 0 to 2^32 - 1 is expected');
}
