import type {
  BackendConfig,
  CheckCommon,
  CheckConfig,
  ServiceConfig,
  ServiceMatch,
  TlsOptions,
  Watermark,
} from '../model/config.js';
import { hostPort } from '../model/ip-address.js';
import { formatEscapes } from '../wire/text/escapes.js';
import { formatHumantime } from '../wire/text/humantime.js';
import type { DocumentMap } from './document-value.js';

export const serviceDocument = (service: ServiceConfig): DocumentMap => ({
  name: service.name,
  ...matchDocument(service.match),
  scheduler: service.scheduler,
  scheduler_flags: service.schedulerFlags,
  forwarding: service.forwarding,
  persistence: service.persistenceNs === null ? null : formatHumantime(service.persistenceNs),
  one_packet: service.onePacket,
  watermarks: { low: watermarkText(service.watermarks.low), high: watermarkText(service.watermarks.high) },
  on_unhealthy: service.onUnhealthy,
  drain_timeout: formatHumantime(service.drainTimeoutNs),
  sorry: service.sorry === null ? null : hostPort(service.sorry.address, service.sorry.port),
  enabled: service.enabled,
  backends: service.backends.map(backendDocument),
});

const matchDocument = (match: ServiceMatch): DocumentMap =>
  match.kind === 'address'
    ? { address: match.address, port: match.port, protocol: match.protocol }
    : { fwmark: match.fwmark, family: match.family, protocol: match.protocol };

const watermarkText = (mark: Watermark): string | number => (mark.kind === 'count' ? mark.count : `${mark.percent}%`);

export const backendDocument = (backend: BackendConfig): DocumentMap => ({
  name: backend.name,
  address: backend.address,
  port: backend.port,
  weight: backend.weight,
  max_connections: backend.maxConnections,
  enabled: backend.enabled,
  tunnel:
    backend.tunnel === null
      ? null
      : { type: backend.tunnel.type, port: backend.tunnel.port === 0 ? null : backend.tunnel.port },
  checks: backend.checks.map(checkDocument),
});

export const checkDocument = (check: CheckConfig): DocumentMap => ({
  type: check.type,
  ...commonDocument(check),
  ...ownDocument(check),
});

const commonDocument = (check: CheckCommon): DocumentMap => ({
  interval: formatHumantime(check.intervalNs),
  timeout: formatHumantime(check.timeoutNs),
  retries: check.retries,
  rise: check.rise,
  backoff: check.backoff === null ? null : { factor: check.backoff.factor, max: formatHumantime(check.backoff.maxNs) },
  jitter: check.jitter,
  mode: check.mode,
  source: check.source,
  port: check.port,
});

const bytesText = (bytes: Uint8Array | null): string | null => (bytes === null ? null : formatEscapes(bytes));

const tlsDocument = (check: TlsOptions): DocumentMap => ({
  tls: check.tls,
  tls_verify: check.tlsVerify,
  server_name: check.serverName,
  ca_file: check.caFile,
  cert_file: check.certFile,
  key_file: check.keyFile,
});

const ownDocument = (check: CheckConfig): DocumentMap => {
  switch (check.type) {
    case 'tcp':
      return { send: bytesText(check.send), receive: bytesText(check.receive), ...tlsDocument(check) };
    case 'udp':
      return { send: formatEscapes(check.send), receive: formatEscapes(check.receive) };
    case 'http':
      return {
        method: check.method,
        path: check.path,
        host: check.host,
        headers: check.headers,
        body: check.body,
        expected_codes: check.expectedCodes.map(({ from, to }) => (from === to ? from : `${from}-${to}`)),
        receive: bytesText(check.receive),
        receive_regex: check.receiveRegex,
        ...tlsDocument(check),
        proxy: check.proxy,
        http2: check.http2,
        keep_alive: check.keepAlive,
      };
    case 'icmp':
      return { payload_size: check.payloadSize };
    case 'dns':
      return {
        query: check.query,
        record: check.record,
        expected: check.expected,
        rcode: check.rcode,
        server_port: check.serverPort,
        tcp: check.tcp,
      };
    case 'radius':
      return {
        username: check.username,
        password: check.password,
        secret: check.secret,
        expect: check.expect,
      };
    case 'grpc':
      return { service: check.service, authority: check.authority, ...tlsDocument(check), watch: check.watch };
    case 'postgres':
    case 'redis':
    case 'qdrant':
      return { url: check.url, keep_alive: check.keepAlive };
    case 'custom':
      return { name: check.name };
    default:
      return check satisfies never;
  }
};
