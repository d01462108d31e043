/** Documents that want to hurt are sent to a daemon, whose other clients are answered meanwhile. */
import test from 'ava';
import { hostileDocuments } from '../../../bench/documents/hostile.js';
import { memoryMb, planBeside } from '../../../bench/documents/plan-beside.js';
import { startDaemon } from '../../support/rigs/daemon.js';

/** What a plan of any document may take. */
const MOST_MB = 300;
/** What may stay for the next: heaps that grew, code that was compiled, of 300 MB. */
const KEPT_MB = 120;
/** While a document was read for seconds. A gateway that reads it itself answers none. */
const FEWEST_ANSWERS = 20;
const LONG_PLAN_MS = 1000;

test('whatever document is planned, other clients are answered, memory is bounded, and it is given back', async (t) => {
  t.timeout(600_000);
  const daemon = await startDaemon(t, { dataplane: { driver: 'dry-run' } });
  const pid = daemon.process.pid ?? 0;
  await daemon.get('/health/ready');
  const startMb = memoryMb(pid, 'VmRSS');
  for (const document of hostileDocuments) {
    const planned = await planBeside(daemon.socket, pid, document);
    const { status, planMs, answers, peakMb, body } = planned;
    t.is(status, document.status, `${document.title}: ${body.slice(0, 500)}`);
    t.log(`${document.title}: ${Math.round(planMs)} ms, ${answers} answers, ${Math.round(peakMb)} MB more`);
    t.true(planMs < LONG_PLAN_MS || answers >= FEWEST_ANSWERS, `${document.title}: ${answers} answers`);
    t.true(peakMb < MOST_MB, `${document.title}: ${peakMb} MB`);
    while (memoryMb(pid, 'VmRSS') > startMb + KEPT_MB) await new Promise((resolve) => setTimeout(resolve, 500));
  }
  t.is(((await daemon.get('/health')) as { readonly status: string }).status, 'healthy');
});
