/** The seeds' server as people run it: the command line, nc, and the session of the deployment guide. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';
import { healthcheckClient, tcpConfig, type WireMessage } from '../../support/peers/healthcheck-client.js';
import { type FulcrumProcess, startFulcrum } from '../../support/rigs/fulcrum-process.js';
import { until } from '../../support/until.js';

const test = needs();

function scratch(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-hcs-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function startHealthcheckServer(t: ExecutionContext, socket: string, ...args: string[]): Promise<FulcrumProcess> {
  const server = startFulcrum(t, ['healthcheck-server', '--socket', socket, ...args]);
  await server.record(({ message }) => message === 'Proxy listener started');
  return server;
}

/** A TCP backend that listens while it should. */
async function backend(t: ExecutionContext, known?: number) {
  const port = known ?? (await freePort());
  const server = createServer((socket) => void socket.on('error', () => undefined).destroy());
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  t.teardown(() => void server.close());
  return {
    port,
    stop: () => new Promise((closed) => server.close(closed)),
  };
}

async function untilState(next: () => Promise<WireMessage>, id: number, state: string): Promise<WireMessage> {
  for (;;) {
    const message = await next();
    if (message.batch?.notifications.some((each) => each.id === id && each.status.state === state)) return message;
  }
}

test('checks run, transitions come, the client comes back to what it left, shutdown ends the server', async (t) => {
  const socket = join(scratch(t), 'run', 'healthcheck-proxy.sock');
  const server = await startHealthcheckServer(t, socket);
  t.is(statSync(socket).mode & 0o777, 0o660);
  const good = await backend(t);
  const first = await healthcheckClient(t, socket);
  const interval = { interval: '200ms', timeout: '200ms' };
  first.update(tcpConfig(1, good.port, interval), tcpConfig(2, await freePort(), interval));
  await untilState(first.next, 1, 'healthy');
  await good.stop();
  await untilState(first.next, 1, 'unhealthy');
  await backend(t, good.port);
  await untilState(first.next, 1, 'healthy');

  first.socket.destroy();
  const second = await healthcheckClient(t, socket);
  second.update(tcpConfig(1, good.port, interval));
  // The check went on in between: it is known at once, with all its probes.
  const { batch } = await untilState(second.next, 1, 'healthy');
  t.true((batch?.notifications[0]?.status.successes ?? 0) > 1);
  second.send({ type: 'shutdown' });
  await once(server.child, 'exit');
  t.is(server.child.exitCode, 0);
  t.throws(() => statSync(socket), { code: 'ENOENT' });
});

test('the whole state is sent again at its interval, and SIGTERM ends the server', async (t) => {
  const socket = join(scratch(t), 'hc.sock');
  const server = await startHealthcheckServer(t, socket, '--notify-interval', '300ms');
  const good = await backend(t);
  const { update, next } = await healthcheckClient(t, socket);
  update(tcpConfig(2 ** 48 + 7, good.port, { interval: '100ms', timeout: '100ms' }));
  // Nothing changes after the first result: what comes is the whole state, with ever more probes behind it.
  const seen: number[] = [];
  while ((seen.at(-1) ?? 0) < 3) {
    const notifications = (await untilState(next, 2 ** 48 + 7, 'healthy')).batch?.notifications ?? [];
    seen.push(notifications.find(({ status }) => status.state === 'healthy')?.status.successes ?? 0);
  }
  t.deepEqual(
    seen,
    seen.toSorted((one, other) => one - other),
  );
  t.is(await server.stop('SIGTERM'), 0);
});

needs('nc')('a session with nc, with an id of 64 bits', async (t) => {
  const socket = join(scratch(t), 'hc.sock');
  await startHealthcheckServer(t, socket);
  const nc = spawn('nc', ['-U', socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => nc.kill());
  let output = '';
  const port = await freePort();
  nc.stdout.on('data', (chunk) => {
    output += chunk;
    if (output.endsWith('{"type":"ready"}\n')) {
      const config = JSON.stringify(tcpConfig(0, port)).replace('"id":0', '"id":18446744073709551615');
      nc.stdin.write(`{"type":"update_configs","configs":[${config}]}\n`);
    } else if (output.includes('notification_batch') && !output.includes('status_response')) {
      nc.stdin.write('{"type":"request_status"}\n{"type":"shutdown"}\n');
    }
  });
  await once(nc, 'close');
  const [ready, batch, response] = output.trimEnd().split('\n');
  t.is(ready, '{"type":"ready"}');
  t.regex(
    batch ?? '',
    /^\{"type":"notification_batch","batch":\{"notifications":\[\{"id":18446744073709551615,"status":\{/,
  );
  t.regex(
    response ?? '',
    /^\{"type":"status_response","statuses":\[\[18446744073709551615,\{"last_check":"\d{4}-\d\d-\d\dT[\d:.]+Z","duration":"[\w ]+","failures":[1-9]\d*,"successes":0,"state":"unhealthy","message":"0\/[1-9]\d* checks successful"\}\]\]\}$/,
  );
});

needs(
  'root',
  'nc',
  'bash',
)('the guide’s test_proxy.sh runs as it is written there', async (t) => {
  // The script names its socket: a directory of that name is put in its place for this shell alone.
  const directory = scratch(t);
  const path = '/var/run/seesaw/healthcheck-proxy.sock';
  const script = [
    '#!/bin/bash',
    '# Sends test config to Rust server',
    '',
    `SOCKET="${path}"`,
    '',
    '# Wait for socket',
    'while [ ! -S "$SOCKET" ]; do',
    '  sleep 0.1',
    'done',
    '',
    '# Connect and send test config',
    '{',
    '  # Read Ready message',
    '  read line',
    '  echo "Received: $line"',
    '',
    '  # Send UpdateConfigs',
    '  cat <<JSON',
    '{"type":"update_configs","configs":[{"id":1,"interval":"5s","timeout":"1s","retries":2,"checker_type":"tcp","ip":"127.0.0.1","port":8080}]}',
    'JSON',
    '',
    '  sleep 1',
    '} | nc -U "$SOCKET"',
    '',
  ].join('\n');
  const file = join(directory, 'test_proxy.sh');
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  const server = await startHealthcheckServer(t, join(directory, 'seesaw', 'healthcheck-proxy.sock'));
  const mount = `mount -t tmpfs none /var/run && ln -s ${directory}/seesaw /var/run/seesaw && exec ${file}`;
  const shell = spawn('unshare', ['--mount', 'sh', '-c', mount], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => shell.kill());
  // As at a terminal: the script's `read` waits for a key.
  shell.stdin.write('\n');
  let output = '';
  shell.stdout.on('data', (chunk) => {
    output += chunk;
    if (output.includes('notification_batch')) shell.stdin.end();
  });
  await server.record(({ message }) => message === 'Received 1 healthcheck configs from proxy');
  await server.record(({ message, id }) => message === 'Health state changed' && id === '1');
  while (!output.includes('notification_batch')) await once(shell.stdout, 'data');
  // `Received: ` goes down the pipe in front of the config: it is a line that is no message.
  t.regex(output, /^\{"type":"ready"\}\n\{"type":"error","message":"no valid JSON: .*\n\{"type":"notification_batch"/);
  await server.stop();
});

needs('systemd-analyze')('the systemd units are valid', (t) => {
  const directory = scratch(t);
  for (const unit of ['fulcrum-healthcheck-server', 'fulcrum-agent', 'seesaw-healthcheck-rust']) {
    const text = readFileSync(`packaging/systemd/${unit}.service`, 'utf8').replaceAll('/usr/local/bin', directory);
    writeFileSync(join(directory, `${unit}.service`), text);
  }
  for (const name of ['fulcrum', 'healthcheck-server']) symlinkSync('/bin/true', join(directory, name));
  const units = ['fulcrum-healthcheck-server', 'fulcrum-agent', 'seesaw-healthcheck-rust'].map((unit) =>
    join(directory, `${unit}.service`),
  );
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  t.notRegex(stderr, /Unknown (key|lvalue|section)/);
});

test('the wrapper for the seeds’ name takes the level of RUST_LOG', async (t) => {
  const directory = scratch(t);
  symlinkSync(resolve('bin/fulcrum.js'), join(directory, 'fulcrum'));
  const socket = join(directory, 'hc.sock');
  const wrapper = spawn('packaging/bin/healthcheck-server', ['--socket', socket], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, PATH: `${directory}:${process.env['PATH']}`, RUST_LOG: 'healthcheck_server=warn' },
  });
  t.teardown(() => wrapper.kill('SIGKILL'));
  let log = '';
  wrapper.stderr.on('data', (chunk) => {
    log += chunk;
  });
  await until(() => existsSync(socket));
  const { send } = await healthcheckClient(t, socket);
  send({ type: 'shutdown' });
  const [code] = await once(wrapper, 'exit');
  t.is(code, 0);
  t.is(log, '');
});
