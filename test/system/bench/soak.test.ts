import type { Soak } from '../../../bench/checks/soak-tally.js';
import { runSoakBench } from '../../../bench/soak.js';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';

needs('nginx')('a short soak: real backends, and all found out when they stop', async (t) => {
  const ports = [await freePort(), await freePort()] as const;
  const { verdict, data } = await runSoakBench({
    quick: true,
    minutes: 0.05,
    backends: 50,
    intervalMs: 500,
    load: 'none',
    ports,
  });
  const { counts, falseStates, missed } = (data as { soak: Soak }).soak;
  t.is(counts.unhealthy, 0, verdict.text);
  t.deepEqual(falseStates, []);
  t.is(missed, 0);
});
