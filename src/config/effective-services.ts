import type { BackendConfig, ServiceConfig, ServiceMatch, Watermark } from '../model/config.js';
import { hostPort } from '../model/ip-address.js';
import { formatHumantime } from '../wire/text/humantime.js';
import { checkDocument } from './build/checks.js';
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
