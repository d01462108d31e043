import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { healthcheckClient } from '../support/peers/healthcheck-client.js';
import { type Daemon, startDaemon } from '../support/rigs/daemon.js';
import { grpcClients, TOKEN } from '../support/rigs/grpc-rig.js';

const main = fileURLToPath(new URL('../support/flood-main.js', import.meta.url));
const MIB = 1024 * 1024;

const rssMb = ({ process: { pid } }: Daemon): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function grpcAddress(daemon: Daemon): Promise<string> {
  await daemon.logged(/control\.grpc listens on \S+/);
  return /control\.grpc listens on ([\d.]+:\d+)/.exec(daemon.log())?.[1] ?? '';
}

for (const [who, token] of [
  ['without a token', '-'],
  ['with the token', TOKEN],
] as const) {
  test.serial(
    `a flood of half-sent gRPC messages and watches ${who} takes little memory, and others are answered`,
    async (t) => {
      t.timeout(300_000);
      const daemon = await startDaemon(t, {});
      const tokenFile = join(daemon.directory, 'token');
      writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
      const control = { socket: daemon.socket, http: null, grpc: '127.0.0.1:0', token_file: tokenFile };
      daemon.rewrite({ control });
      t.is((await daemon.post('/api/v1/reload')).status, 200);
      const address = await grpcAddress(daemon);
      const clients = grpcClients(address);
      t.teardown(() => clients.close());
      const check = () => clients.call('grpc.health.v1.Health', 'Check', {}, null);
      await check();
      const before = rssMb(daemon);
      const flood = spawn(process.execPath, [main, address, token], { stdio: ['ignore', 'pipe', 'inherit'] });
      t.teardown(() => flood.kill('SIGKILL'));
      let sent = false;
      void once(flood.stdout, 'data').then(() => {
        sent = true;
      });
      let most = before;
      for (let looks = 0; looks < 10 || (!sent && looks < 60); looks += 1) {
        t.deepEqual(await check(), { status: 'SERVING' });
        t.truthy(await daemon.get('/api/v1/status'));
        most = Math.max(most, rssMb(daemon));
        await later(500);
      }
      t.true(most - before < 400, `${before} MB before, ${most} MB at most`);
      flood.kill('SIGKILL');
      let after = rssMb(daemon);
      for (let waits = 0; waits < 50 && after - before > 60; waits += 1) {
        await later(500);
        after = rssMb(daemon);
      }
      t.log(`${Math.round(before)} MB before, ${Math.round(most)} MB at most, ${Math.round(after)} MB after`);
      t.true(after - before <= 150, `${before} MB before, ${after} MB after`);
    },
  );
}

test.serial('one NDJSON line of 31 MB holds up nobody else at its door', async (t) => {
  t.timeout(300_000);
  const daemon = await startDaemon(t, {});
  const path = join(daemon.directory, 'hc.sock');
  daemon.rewrite({ healthcheck_server: { socket: path } });
  t.is((await daemon.post('/api/v1/reload')).status, 200);
  const [large, other] = [await healthcheckClient(t, path), await healthcheckClient(t, path)];
  const element = `{"id":-1,"junk":[${'1,'.repeat(90)}1]}`;
  const count = Math.floor((31 * MIB) / (element.length + 1));
  large.socket.write(`{"type":"update_configs","configs":[${`${element},`.repeat(count - 1)}${element}]}\n`);
  let read = false;
  const answered = large.next().then((message) => {
    read = true;
    return message;
  });
  let longest = 0;
  while (!read) {
    const from = performance.now();
    await other.statuses();
    longest = Math.max(longest, performance.now() - from);
  }
  t.is((await answered).type, 'error');
  t.log(`the other client waited ${Math.round(longest)} ms at most`);
  // Idle it is a few milliseconds; whole it took seconds.
  t.true(longest < 1500, `${longest} ms`);
});
