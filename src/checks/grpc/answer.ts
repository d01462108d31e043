/** What the health service's words mean for a check, as Envoy's health checker reads them. */
import type { IncomingHttpHeaders } from 'node:http2';
import { hostPort } from '../../model/ip-address.js';
import type { ProbeSpec } from '../../model/probe.js';
import { msFromNs } from '../../model/units.js';
import { type CheckVerdict, grpcStatusName, type ServingStatus } from '../../wire/grpc/health.js';
import type { Http2Target } from '../http2/session.js';
import { healthy, type ProbeResult, unhealthy } from '../probing/probe-result.js';
import type { GrpcCheck } from './index.js';

const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;
const NOT_FOUND = 5;

/** The request headers of a unary or streaming call. */
export function callHeaders(spec: ProbeSpec<GrpcCheck>, path: string): Record<string, string> {
  const { check } = spec;
  return {
    ':method': 'POST',
    ':scheme': check.tls ? 'https' : 'http',
    ':authority': check.authority ?? hostPort(spec.host, spec.port),
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'fulcrum',
  };
}

export const grpcTarget = ({ host, check }: ProbeSpec<GrpcCheck>): Http2Target => ({
  tls: check.tls ? check : null,
  names: check.authority === null ? [] : [check.authority.replace(/:\d+$/, ''), host],
  keepAlive: true,
});

/** The gRPC form of the probe's time limit: at most eight digits and a unit. */
export const grpcTimeout = ({ check }: ProbeSpec<GrpcCheck>): string => `${Math.ceil(msFromNs(check.timeoutNs))}m`;

export const firstText = (headers: IncomingHttpHeaders | null, name: string): string | undefined => {
  const value = headers?.[name];
  return typeof value === 'string' ? value : value?.[0];
};

export function endingOfVerdict(verdict: CheckVerdict, service: string, tls: string): ProbeResult {
  switch (verdict.kind) {
    case 'answered':
      return endingOfStatus(verdict.status, service, tls);
    case 'rpc-error':
      return endingOfRpcError(verdict.code, verdict.message, service);
    case 'protocol-error':
      return unhealthy('protocol', verdict.reason);
    default:
      return verdict satisfies never;
  }
}

/** Only SERVING is good. */
export function endingOfStatus(status: ServingStatus, service: string, tls: string): ProbeResult {
  const subject = service === '' ? status : `${status} (service ${JSON.stringify(service)})`;
  return status === 'SERVING' ? healthy(tls === '' ? subject : `${subject}, ${tls}`) : unhealthy('status', subject);
}

export function endingOfRpcError(code: number, message: string, service: string): ProbeResult {
  const words = `${grpcStatusName(code)}${message === '' ? '' : `: ${message}`}`;
  if (code === NOT_FOUND)
    return unhealthy('status', `the server knows no service ${JSON.stringify(service)} (${words})`);
  const cause = code === UNAUTHENTICATED || code === PERMISSION_DENIED ? 'auth' : 'status';
  return unhealthy(cause, `the call failed with ${words}`);
}
