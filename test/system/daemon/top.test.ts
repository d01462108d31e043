/** `fulcrum top`, and `--watch`, in a real terminal. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { needs } from '../../support/needs.js';
import { type Rig, startRig } from '../../support/rigs/gateway-rig.js';
import { startFulcrum } from '../../support/rigs/run-fulcrum.js';

const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));
const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?25h\x1b[?1049l';

function openTerminal(t: ExecutionContext, rig: Rig, columns: number, rows: number, words = 'top') {
  const ttyFile = join(rig.directory, 'tty');
  const command = `tty > ${ttyFile}; stty cols ${columns} rows ${rows}; exec ${process.execPath} ${program} ${words} --socket ${rig.socketPath}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  let wake = () => {};
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  const exited = once(child, 'exit') as Promise<[number]>;
  return {
    exited,
    type: (keys: string) => child.stdin.write(keys),
    resize: (cols: number, lines: number) =>
      execFileSync('stty', ['-F', readFileSync(ttyFile, 'utf8').trim(), 'cols', String(cols), 'rows', String(lines)]),
    text: () => text,
    /** The lines of the newest whole picture, once they satisfy the test. */
    picture: (condition: (lines: string[]) => boolean) =>
      new Promise<string[]>((resolve) => {
        wake = () => {
          const whole = text
            .split('\x1b[H')
            .filter((each) => each.includes('\x1b[J'))
            .at(-1);
          const lines = whole
            ?.split('\x1b[J', 1)[0]
            ?.split('\x1b[K')
            .map((line) => line.replace(/^[\r\n]+/, ''));
          if (lines !== undefined && condition(lines.slice(0, -1))) resolve(lines.slice(0, -1));
        };
        wake();
      }),
  };
}

needs('script', 'stty')('top draws, follows, fits a new size, and leaves the terminal as it was', async (t) => {
  const rig = await startRig(t);
  const tell = (healthy: boolean) =>
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy, why: `it is ${healthy}` },
    });
  tell(true);
  const terminal = openTerminal(t, rig, 100, 20);
  const first = await terminal.picture((lines) => lines.some((line) => line.includes('it is true')));
  t.is(first.length, 20);
  t.true(terminal.text().includes(ENTER));
  tell(false);
  await terminal.picture((lines) => lines.some((line) => line.includes('unhealthy') && line.includes('it is false')));
  terminal.resize(60, 12);
  const small = await terminal.picture((lines) => lines.length === 12);
  t.deepEqual(
    small.filter((line) => [...line].length > 60),
    [],
  );
  terminal.type('p');
  await terminal.picture((lines) => lines.at(-1)?.includes('(on)') === true);
  terminal.type('\x03');
  const [code] = await terminal.exited;
  t.is(code, 0);
  t.true(terminal.text().trimEnd().endsWith(LEAVE));
});

needs('script', 'stty')('top says so while the daemon is away, and goes on when it is back', async (t) => {
  const rig = await startRig(t);
  const terminal = openTerminal(t, rig, 120, 20);
  await terminal.picture((lines) => lines[0]?.includes('test-node') === true);
  await rig.gateway.stop();
  await terminal.picture((lines) => lines[0]?.includes('cannot reach the daemon') === true);
  const again = await startRig(t, {
    config: { control: { socket: rig.socketPath, http: null, grpc: null, tokenFile: null } },
  });
  await terminal.picture((lines) => lines[0]?.includes('cannot reach') === false);
  terminal.type('q');
  t.is((await terminal.exited)[0], 0);
  await again.gateway.stop();
});

needs('script', 'stty')('--watch shows what changes, in 80 columns, until somebody quits', async (t) => {
  const rig = await startRig(t);
  const tell = (healthy: boolean) =>
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy, why: `it is ${healthy}` },
    });
  tell(true);
  const terminal = openTerminal(t, rig, 80, 24, 'status --watch --every 100ms');
  const first = await terminal.picture((lines) => lines.some((line) => line.includes('1 of 1 healthy')));
  t.true(first.every((line) => [...line].length <= 80));
  tell(false);
  await terminal.picture((lines) => lines.some((line) => line.includes('unhealthy') && line.includes('it is false')));
  terminal.type('q');
  const [code] = await terminal.exited;
  t.is(code, 1, 'as it was seen last');
  t.true(terminal.text().endsWith(LEAVE));
});

test('without a terminal, --watch says what is another answer, a line each with --json', async (t) => {
  const rig = await startRig(t);
  const tell = (why: string) =>
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy: true, why },
    });
  tell('at first');
  const child = startFulcrum(['status', '--watch', '--every', '100ms', '--json', '--socket', rig.socketPath]);
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('no stdout');
  const seen: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const { services } = JSON.parse(line) as { readonly services: readonly { readonly why: string }[] };
    const why = services[0]?.why ?? '';
    if (seen.at(-1) === why) continue;
    seen.push(why);
    if (seen.length === 1) tell('later');
    else child.kill('SIGTERM');
  }
  t.deepEqual(seen, ['at first', 'later']);
});
