import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { startFulcrum } from '../../support/rigs/run-fulcrum.js';

test('run --trace-start tells each thread’s steps, in order and within the start', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-trace-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'config.yaml');
  const control = { socket: join(directory, 'socket'), http: null, grpc: null };
  writeFileSync(
    file,
    JSON.stringify({
      node: { state_dir: directory },
      control,
      dataplane: { driver: 'dry-run' },
      runtime: { monitor_shards: 1 },
    }),
  );
  const daemon = startFulcrum(['run', '--trace-start', '-c', file]);
  t.teardown(() => daemon.kill('SIGKILL'));
  if (daemon.stderr === null) return t.fail();
  const steps: { readonly from: number; readonly to: number; readonly step: string }[] = [];
  for await (const line of createInterface(daemon.stderr)) {
    const [, from, to, step] = /^\s*(\d+)\s+(\d+)\s+\d+\s+(\S.*)$/.exec(line) ?? [];
    if (step !== undefined) steps.push({ from: Number(from), to: Number(to), step: step.replace(/ {2,}/g, ': ') });
    // The data plane begins when all are ready.
    if (step?.startsWith('dataplane') && step.endsWith('begin')) break;
  }
  const names = steps.map(({ step }) => step);
  t.is(names[0], 'main: Node.js and the command line');
  for (const actor of ['log', 'engine', 'monitor-0', 'gateway', 'dataplane', 'supervisor'])
    t.true(names.includes(`${actor}: thread and modules`), `${actor} in ${names.join(', ')}`);
  t.deepEqual(
    steps,
    [...steps].sort((a, b) => a.from - b.from),
  );
  const whole = steps.find(({ step }) => step === 'supervisor: start of all');
  t.true(steps.every(({ from, to }) => from <= to && to <= (whole?.to ?? 0) + 1));
});
