import { createHash } from 'node:crypto';
import { descriptorOf } from '../../../checks/index.js';
import type { BackendConfig, CheckConfig, ServiceConfig } from '../../../model/config.js';
import { hostPort } from '../../../model/ip-address.js';
import type { CheckView } from '../../../model/observing/views.js';
import type { ProbeSpec } from '../../../model/probe.js';
import type { TargetKey } from '../../../model/states.js';
import type { TargetStatus } from '../../../wire/links/targets.js';

/** What is probed for one check of one backend. `dsr` and `tun` go to the virtual IP, steered to the backend by the mark. */
export function probeSpecOf(
  service: ServiceConfig,
  backend: BackendConfig,
  check: CheckConfig,
  markOf: (service: ServiceConfig, backend: BackendConfig, mode: 'dsr' | 'tun') => number,
): ProbeSpec {
  const { match } = service;
  if (check.mode !== 'plain' && match.kind === 'address') {
    return {
      host: match.address,
      port: portOf(check, match.port),
      check,
      mark: markOf(service, backend, check.mode),
      via: backend.address,
    };
  }
  return { host: backend.address, port: portOf(check, backend.port), check, mark: null };
}

function portOf(check: CheckConfig, fallback: number): number {
  const target = descriptorOf(check.type)?.target;
  if (target?.defaultPort === 0) return 0;
  // What a type has a port of its own for is the more precise word.
  return target?.portOf?.(check as never) ?? check.port ?? fallback;
}

/** Same spec, same key, in every life of every actor. */
export function targetKeyOf(spec: ProbeSpec): TargetKey {
  return createHash('sha1').update(canonical(spec)).digest('base64url').slice(0, 20);
}

/** True where two probes look at the same thing in the same way, though perhaps not as often: one's state is news of the other. */
export const isSameProbe = (one: ProbeSpec, other: ProbeSpec): boolean => probeText(one) === probeText(other);

function probeText({ check, ...where }: ProbeSpec): string {
  const { intervalNs, timeoutNs, retries, rise, retryIntervalNs, backoff, jitter, ...how } = check;
  return canonical({ ...where, how });
}

/** JSON with sorted keys, and bytes as text. */
function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `b"${Buffer.from(value).toString('base64')}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${key}:${canonical(item)}`).join(',')}}`;
}

export const addressText = (host: string, port: number): string => (port === 0 ? host : hostPort(host, port));

export const checkView = ({
  spec,
  status,
}: {
  readonly spec: ProbeSpec;
  readonly status: TargetStatus;
}): CheckView => ({
  type: spec.check.type,
  target: addressText(spec.host, spec.port),
  state: status.state,
  failures: status.failures,
  successes: status.successes,
  last_check: status.lastCheckMs === 0 ? null : new Date(status.lastCheckMs).toISOString(),
  duration_ms: status.durationNs / 1e6,
  message: status.message,
});
