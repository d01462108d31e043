import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { FailoverResult } from '../../../bench/failover.js';
import type { JitterResult } from '../../../bench/jitter.js';
import type { SoakResult } from '../../../bench/vrrp/soak.js';
import { needs } from '../../support/needs.js';
import { runInTest } from '../../support/programs/run-in-test.js';

const check = needs('root', 'ip', 'tcpdump', 'keepalived', 'setpriv', 'npm package raw-socket');
const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

async function bench<T>(t: ExecutionContext, ...args: readonly string[]): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-test-'));
  try {
    const [json, html] = [join(directory, 'out.json'), join(directory, 'out.html')];
    const command = [program, 'bench', ...args, '--json', json, '--html', html];
    const stdout = await runInTest(t, process.execPath, command);
    t.regex(stdout, /p99/);
    t.regex(readFileSync(html, 'utf8'), /<svg/);
    return (JSON.parse(readFileSync(json, 'utf8')) as { data: T }).data;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

check('the benches hear every sender, with rights and without, and every take-over', async (t) => {
  const results = await bench<readonly JitterResult[]>(t, 'jitter', '--quick', '--loads', 'garbage');
  t.deepEqual(
    results.map(({ sender }) => sender),
    ['fulcrum', 'keepalived', 'fulcrum-alone', 'fulcrum-plain', 'keepalived-plain', 'setInterval', 'raw-socket'],
  );
  for (const { adverts, sender } of results) t.true(adverts > 10, sender);

  // One after the other: each keeps the machine busy.
  const chosen = ['--loads', 'none', '--senders', 'fulcrum', 'keepalived'];
  for (const { seen, early, sender } of await bench<readonly FailoverResult[]>(t, 'failover', '--quick', ...chosen)) {
    t.is(seen, 3, sender);
    t.is(early, 0, sender);
  }

  // Whether anything failed over is a question of the machine, and for the bench itself.
  const soak = await bench<SoakResult>(t, 'failover', '--storm-minutes', '0.05');
  t.true(soak.adverts > 50);
  t.true(soak.tookOver);
});
