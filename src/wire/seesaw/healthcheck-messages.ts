/**
 * The socket protocol of the seeds' health-check server, one JSON document a line. Ids are u64: kept as their digits,
 * printed as numbers.
 */

import { ns } from '../../model/units.js';
import type { TargetStatus } from '../links/targets.js';
import { formatHumantime } from '../text/humantime.js';
import { isObject, type JsonRead, type JsonValue, readJson } from '../text/lossless-json.js';

/** An id's canonical decimal digits, 0 to 2^64 - 1. */
export type HealthcheckId = string;

const MAX_U64 = 2n ** 64n - 1n;

export type ClientMessage =
  /** A full replacement. The elements are read one by one, so that a bad one costs only itself. */
  | { readonly kind: 'update-configs'; readonly configs: readonly JsonValue[] }
  | { readonly kind: 'request-status' }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Total: any line gives a value. */
export const readClientMessage = (line: string): ClientMessage => messageOf(readJson(line));

/** What a line says, once it is read. */
export function messageOf(read: JsonRead): ClientMessage {
  if (!read.ok) return malformed(`no valid JSON: ${read.message} (column ${read.column})`);
  if (!isObject(read.value)) return malformed('a message is an object with a type');
  const { type, configs } = read.value;
  switch (type) {
    case 'update_configs':
      return Array.isArray(configs)
        ? { kind: 'update-configs', configs }
        : malformed('update_configs needs configs, an array');
    case 'request_status':
      return { kind: 'request-status' };
    case 'shutdown':
      return { kind: 'shutdown' };
    default:
      return malformed('the type is none of update_configs, request_status, shutdown');
  }
}

const malformed = (reason: string): ClientMessage => ({ kind: 'malformed', reason });

/** An id as it came: a number in JSON, whatever its size. Null when it is no u64. */
export function readId(value: JsonValue | undefined): HealthcheckId | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
  return typeof value === 'bigint' && value >= 0n && value <= MAX_U64 ? String(value) : null;
}

export const readyLine = '{"type":"ready"}\n';

export const errorLine = (message: string): string => `${JSON.stringify({ type: 'error', message })}\n`;

export type IdentifiedStatus = { readonly id: HealthcheckId; readonly status: TargetStatus };

// The id goes in as digits: JSON.stringify has no number for it.
export const notificationLine = (statuses: readonly IdentifiedStatus[]): string =>
  `{"type":"notification_batch","batch":{"notifications":[${statuses
    .map(({ id, status }) => `{"id":${id},"status":${statusText(status)}}`)
    .join(',')}]}}\n`;

/** In pieces: of 100,000 configs the line has 15 MB. */
export function* statusResponseLine(statuses: Iterable<IdentifiedStatus>): Generator<string> {
  let before = '{"type":"status_response","statuses":[';
  for (const { id, status } of statuses) {
    yield `${before}[${id},${statusText(status)}]`;
    before = ',';
  }
  yield before === ',' ? ']}\n' : `${before}]}\n`;
}

/**
 * Failures and successes count all checks, as Seesaw's do. Nothing in it needs an escape, and this is written for every
 * result: so it is put together without JSON.stringify.
 */
function statusText({ state, probes, passed, lastCheckMs, durationNs }: TargetStatus): string {
  const lastCheck = lastCheckMs === 0 ? 'null' : `"${rfc3339(lastCheckMs)}"`;
  const duration = formatHumantime(ns(Math.max(0, Math.round(durationNs))));
  return `{"last_check":${lastCheck},"duration":"${duration}","failures":${probes - passed},"successes":${passed},"state":"${state}","message":"${passed}/${probes} checks successful"}`;
}

/** Whole seconds are written without a fraction, as in the seed's examples. */
const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
