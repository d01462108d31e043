import type { Config } from '../../src/config/model.js';
import { nsFromMs } from '../../src/wire/units.js';

/** A configuration with nothing in it, and what the test says. */
export const configWith = (overrides: Partial<Config> = {}): Config => ({
  node: { name: 'test-node', stateDir: '/nonexistent' },
  control: { socket: null, http: null, grpc: null, tokenFile: null },
  dataplane: {
    driver: 'dry-run',
    reconcileIntervalNs: nsFromMs(30_000),
    manage: 'own',
    onStop: 'flush',
    maxRemovals: null,
    sync: null,
  },
  vrrp: { realtime: 'off', startupDelayNs: nsFromMs(0), instances: [] },
  runtime: { monitorShards: 1, proxyThreads: 1 },
  services: [],
  healthcheckServer: null,
  agent: null,
  health: { timeoutNs: nsFromMs(2000), components: [] },
  log: { level: 'silent', format: 'json' },
  metrics: { listen: null },
  demo: { backends: [] },
  secrets: [],
  ...overrides,
});
