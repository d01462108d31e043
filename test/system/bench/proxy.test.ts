import { runProxyBench } from '../../../bench/proxy.js';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';

needs(
  'root',
  'nginx',
  'haproxy',
  'wrk',
  'curl',
)('the proxy bench gives a figure for every load', async (t) => {
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const { sections } = await runProxyBench({ quick: true, ports });
  const [table] = sections;
  if (table?.kind !== 'table') return t.fail();
  t.is(table.rows.length, 3);
  for (const row of table.rows)
    t.true(
      row.slice(2).every((cell) => typeof cell === 'number' && cell > 0),
      row.join(),
    );
});
