import { messageOf } from '../../model/errors.js';
import type { ControlClient } from '../client.js';
import { type ConnectionOptions, connect, withConnection } from '../connection.js';
import { exitCode } from '../exit-code.js';
import type { Register } from '../program.js';
import type { TopModel } from '../top/render.js';
import type { Key } from '../top/screen.js';

type Options = ConnectionOptions & { readonly json?: boolean };

/** How often it looks. */
const PERIOD_MS = 1000;
const EVENTS = 20;

export const register: Register = (program) => {
  withConnection(program.command('top').description('the same as status, live, in a terminal'))
    .option('--json', 'one JSON document: the status with the newest events and the table, as they are now')
    .action(async (options: Options) => {
      const { RefusedError } = await import('../../model/errors.js');
      if (options.json === true) return await printOnce(await connect(options));
      if (!process.stdout.isTTY) throw new RefusedError('top needs a terminal; fulcrum top --json is for programs');
      await runTop(await connect(options));
    });
};

async function read(client: ControlClient): Promise<TopModel> {
  const { briefStatusView, eventView } = await import('../../actors/gateway/http/schemas.js');
  const { dataplaneView } = await import('../../model/observing/views.js');
  const [status, events, table] = await Promise.all([
    client.get('/api/v1/status?config=false', briefStatusView),
    client.get(`/api/v1/events/recent?limit=${EVENTS}`, eventView.array()),
    // While the data plane is replaced, the rest is told all the same.
    client.get('/api/v1/ipvs', dataplaneView).catch(() => null),
  ]);
  return { status, events, table, trouble: null };
}

async function printOnce(client: ControlClient): Promise<void> {
  const { printJson } = await import('../output.js');
  const { status, events, table } = await read(client);
  if (status.state !== 'healthy') process.exitCode = exitCode.negative;
  printJson({ ...status, events, ipvs: table });
}

async function runTop(client: ControlClient): Promise<void> {
  const { renderTop } = await import('../top/render.js');
  const { Screen } = await import('../top/screen.js');
  const { paintFor } = await import('../text/paint.js');
  const paint = paintFor(process.stdout);
  // Before the screen is taken, so that a first failure is an ordinary message.
  let model = await read(client);
  let scroll = 0;
  let onlyProblems = false;
  const stop = new AbortController();

  const draw = () => {
    const { columns, rows } = screen;
    const picture = renderTop(model, { columns, rows, scroll, onlyProblems }, paint);
    scroll = picture.scroll;
    screen.draw(picture.lines);
  };
  const onKey = (key: Key) => {
    const page = Math.max(screen.rows - 10, 1);
    switch (key) {
      case 'quit':
        return stop.abort();
      case 'problems':
        onlyProblems = !onlyProblems;
        break;
      case 'home':
        scroll = 0;
        break;
      case 'up':
        scroll -= 1;
        break;
      case 'down':
        scroll += 1;
        break;
      case 'page-up':
        scroll -= page;
        break;
      case 'page-down':
        scroll += page;
        break;
      default:
        key satisfies never;
    }
    draw();
  };
  const screen = new Screen(process.stdin, process.stdout, onKey, draw);
  const end = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  try {
    while (!stop.signal.aborted) {
      draw();
      await pause(PERIOD_MS, stop.signal);
      model = await read(client).catch((error: unknown) => ({
        ...model,
        trouble: messageOf(error),
      }));
    }
  } finally {
    screen.close();
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
