/** A service, its backends and their check as the engine gets them, and what the test says. */
import type { BackendConfig, CheckConfig, ServiceConfig } from '../../src/config/model.js';
import { nsFromMs, port } from '../../src/wire/units.js';
import { tcpCheck } from './checks.js';

export const check: CheckConfig = { ...tcpCheck, timeoutNs: nsFromMs(500) };

export const backend = (name: string, last: number, overrides: Partial<BackendConfig> = {}): BackendConfig => ({
  name,
  address: `10.0.0.${last}`,
  port: port(8080),
  weight: 1,
  maxConnections: 0,
  enabled: true,
  tunnel: null,
  checks: [check],
  ...overrides,
});

export const service = (
  name: string,
  backends: BackendConfig[],
  overrides: Partial<ServiceConfig> = {},
): ServiceConfig => ({
  name,
  match: { kind: 'address', address: '10.0.0.100', port: port(80), protocol: 'tcp' },
  scheduler: 'wlc',
  schedulerFlags: [],
  forwarding: 'nat',
  persistenceNs: null,
  onePacket: false,
  watermarks: { low: { kind: 'count', count: 0 }, high: { kind: 'count', count: 0 } },
  onUnhealthy: 'remove',
  drainTimeoutNs: nsFromMs(60_000),
  sorry: null,
  enabled: true,
  backends,
  ...overrides,
});
