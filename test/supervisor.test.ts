import test from 'ava';
import { configFromValue } from '../src/config/load.js';
import { planOf } from '../src/supervisor.js';
import { noPool } from './support/fixtures/no-pool.js';

test('only the engine and the data plane are sent the services', (t) => {
  const { config } = configFromValue({
    control: { socket: '/run/test.sock' },
    checks: { alive: { type: 'icmp' } },
    services: [
      {
        name: 'web',
        address: '192.0.2.1',
        port: 80,
        checks: ['alive'],
        backends: [{ name: 'a', address: '192.0.2.2', port: 80 }],
      },
    ],
  });
  const specs = planOf(config, noPool, { logTo: 'stderr', watched: false }).stages.flat();
  const told = specs.filter(({ excerpt }) => excerpt(config).services.length > 0).map(({ name }) => name);
  t.deepEqual(told, ['dataplane', 'engine']);
  t.true(specs.length > 4);
  for (const { excerpt } of specs) t.deepEqual({ ...excerpt(config), services: config.services }, config);
});
