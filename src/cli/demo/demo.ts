import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Config, Listen } from '../../model/config.js';

/** A killed demo backend comes back after this long, so that its return can be watched too. */
const RESPAWN_MS = 10_000;

/** Starts the backends that the configuration's `demo` section asks for, each a process that can be stopped or killed. */
export async function startDemo(config: Config): Promise<AsyncDisposable> {
  const { backends } = config.demo;
  const children = new Map<number, ChildProcess>();
  let ending = false;

  async function spawn(listen: Listen): Promise<void> {
    const program = fileURLToPath(new URL('./backend.js', import.meta.url));
    const child = fork(program, [listen.host, String(listen.port)]);
    children.set(listen.port, child);
    child.on('exit', () => {
      children.delete(listen.port);
      if (!ending) setTimeout(() => ending || void spawn(listen), RESPAWN_MS).unref();
    });
    await Promise.race([once(child, 'message'), once(child, 'exit')]);
  }

  await Promise.all(backends.map(spawn));
  if (backends.length > 0)
    process.stderr.write(
      hints(
        config,
        [...children.values()].map(({ pid }) => pid ?? 0),
      ),
    );
  return {
    async [Symbol.asyncDispose]() {
      ending = true;
      await Promise.all(
        [...children.values()].map(async (child) => {
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          await exited;
        }),
      );
    },
  };
}

function hints(config: Config, pids: readonly number[]): string {
  const { http } = config.control;
  const page = http === null ? null : `http://${http.host}:${http.port}/`;
  const [service] = config.services;
  const vip = service?.match.kind === 'address' ? `http://${service.match.address}:${service.match.port}/` : null;
  const [, second] = config.demo.backends;
  const lines = [
    '',
    'Fulcrum balances three small HTTP backends. Try, in another terminal:',
    ...(vip === null ? [] : [`  for i in 1 2 3 4 5 6; do curl -s ${vip}; done   # answers from all three`]),
    ...(second === undefined
      ? []
      : [
          `  curl -s -X POST http://${second.host}:${second.port}/stop   # one stops for 15 s: gone from the answers, and back`,
          `  kill -STOP ${pids[2] ?? ''}   # one hangs (kill -CONT lets it go on)`,
        ]),
    '  npx fulcrum status',
    ...(page === null ? [] : [`  open ${page}   # the dashboard`]),
    'Ctrl-C ends it.',
    '',
    '',
  ];
  return lines.join('\n');
}
