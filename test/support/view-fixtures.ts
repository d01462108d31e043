import type { BackendView, CheckView, ServiceView, VrrpView } from '../../src/wire/views.js';

export const checkFixture = (overrides: Partial<CheckView> = {}): CheckView => ({
  type: 'http',
  target: '10.0.0.11:8080',
  state: 'healthy',
  failures: 0,
  successes: 12,
  last_check: '2025-01-02T03:04:05.678Z',
  duration_ms: 1.5,
  message: '200 OK',
  ...overrides,
});

export const backendFixture = (name: string, overrides: Partial<BackendView> = {}): BackendView => ({
  name,
  address: '10.0.0.11',
  port: 8080,
  weight: 1,
  configured_weight: 1,
  state: 'healthy',
  why: 'all checks pass',
  connections: null,
  traffic: null,
  drained: false,
  drain: null,
  checks: [checkFixture()],
  ...overrides,
});

export const serviceFixture = (name: string, overrides: Partial<ServiceView> = {}): ServiceView => ({
  name,
  address: '10.0.0.100',
  port: 80,
  fwmark: null,
  protocol: 'tcp',
  scheduler: 'wrr',
  forwarding: 'nat',
  healthy: true,
  why: '2 of 2 backends are healthy',
  sorry: false,
  enabled: true,
  traffic: null,
  backends: [backendFixture('a'), backendFixture('b')],
  ...overrides,
});

export const vrrpFixture = (name: string, overrides: Partial<VrrpView> = {}): VrrpView => ({
  name,
  vrid: 60,
  interface: 'eth0',
  addresses: ['10.0.0.100/24'],
  state: 'master',
  priority: 200,
  effective_priority: 200,
  why: 'no advert within the master down interval',
  master_down_interval_ms: 321.9,
  adverts: { sent: 100, received: 2, rejected: 1 },
  lateness_us: { p50: 3, p99: 200, p999: 500, max: 800 },
  lateness_last_hour_us: { p50: 3, p99: 20, p999: 50, max: 80 },
  transitions: 2,
  peer: { address: '10.0.0.3', priority: 100, resigned: false, interval_ms: 100, jitter_us: 20 },
  realtime: 'SCHED_FIFO',
  ...overrides,
});
