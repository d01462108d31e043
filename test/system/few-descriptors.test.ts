import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

/** A daemon with every door that may have so many files and sockets open. */
function start(t: ExecutionContext, limit: number) {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-few-'));
  const file = join(directory, 'config.yaml');
  const document = {
    node: { state_dir: join(directory, 'state') },
    control: { socket: join(directory, 'x.sock'), http: '127.0.0.1:0', grpc: '127.0.0.1:0' },
    agent: { listen: '127.0.0.1:0' },
    healthcheck_server: { socket: join(directory, 'h.sock') },
    dataplane: { driver: 'proxy' },
    runtime: { monitor_shards: 4, proxy_threads: 4 },
  };
  writeFileSync(file, JSON.stringify(document));
  const script = 'ulimit -n "$0" && exec "$@"';
  const child = spawn('sh', ['-c', script, `${limit}`, process.execPath, 'bin/fulcrum.js', 'run', '-c', file]);
  t.teardown(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  let said = '';
  child.stderr.on('data', (bytes) => {
    said += String(bytes);
  });
  const ended = once(child, 'close');
  return { child, ended, said: () => said };
}

test('with 256 descriptors a daemon with every door starts, and ends in order', async (t) => {
  const { child, ended, said } = start(t, 256);
  while (child.exitCode === null && !said().includes('control.grpc listens')) {
    await Promise.race([once(child.stderr, 'data'), ended]);
  }
  t.is(child.exitCode, null, said());
  t.notRegex(said(), /EMFILE/);
  child.kill('SIGTERM');
  await ended;
  t.is(child.exitCode, 0, said());
});

test('with too few a daemon says so, and what to do', async (t) => {
  const { child, ended, said } = start(t, 80);
  await ended;
  t.is(child.exitCode, 2, said());
  t.regex(said(), /may open too few files and sockets .*LimitNOFILE=/);
});
