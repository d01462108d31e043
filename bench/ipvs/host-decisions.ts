/**
 * The decision path on this machine, without a kernel's table: from the moment in which a backend resets a probe's
 * connection to the call that asks the data-plane driver to take it out.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { filter, firstValueFrom, ReplaySubject } from 'rxjs';
import { type ConfigDocument, createRuntime } from '../../src/index.js';
import { monotonicNow } from '../../src/os/clock/clock.js';
import { ASKED } from './clocked-driver.js';

const INTERVAL_MS = 100;
const GREETING = 'hello';

/** Microseconds, one figure for each time that the backend failed. */
export async function measureHostDecisions(kills: number): Promise<readonly number[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
  const backend = await startBackend();
  const options = { dataplane: new URL('./clocked-driver.js', import.meta.url), logger: null };
  const runtime = await createRuntime(configFor(backend.port, directory), options);
  try {
    const asked$ = new ReplaySubject<{ readonly kinds: string; readonly atNs: number }>(1);
    runtime.events$.subscribe((event) => {
      if (event.type === 'dataplane' && event.op === ASKED) asked$.next({ kinds: event.what, atNs: Number(event.why) });
    });
    const asked = (kind: string) => firstValueFrom(asked$.pipe(filter(({ kinds }) => kinds.includes(kind))));
    const figures: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      await asked('add-destination');
      // At any moment of the probe's interval.
      await sleep(Math.random() * INTERVAL_MS);
      const resetNs = await backend.failOnce();
      const { atNs } = await asked('remove-destination');
      // Else it was out already: a machine that is too busy lets a probe time out.
      if (atNs > resetNs) figures.push((atNs - resetNs) / 1e3);
    }
    return figures;
  } finally {
    await runtime.stop();
    backend.server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

type Backend = {
  readonly server: Server;
  readonly port: number;
  /** Resets the next connection; answers with the time of that. */
  readonly failOnce: () => Promise<number>;
};

async function startBackend(): Promise<Backend> {
  let fail: ((atNs: number) => void) | null = null;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (fail === null) {
      socket.end(GREETING);
      return;
    }
    const told = fail;
    fail = null;
    const atNs = monotonicNow();
    socket.resetAndDestroy();
    told(atNs);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    failOnce: () =>
      new Promise((resolve) => {
        fail = resolve;
      }),
  };
}

const configFor = (port: number, directory: string): ConfigDocument => ({
  node: { name: 'bench', state_dir: directory },
  control: { socket: null, http: null },
  runtime: { monitor_shards: 1 },
  services: [
    {
      name: 'web',
      address: '127.0.0.101',
      port: 80,
      scheduler: 'rr',
      forwarding: 'nat',
      checks: [
        { type: 'tcp', receive: GREETING, interval: `${INTERVAL_MS}ms`, timeout: `${INTERVAL_MS}ms`, retries: 0 },
      ],
      backends: [{ name: 'a', address: '127.0.0.1', port }],
    },
  ],
});
