import type { ControlClient } from '../client.js';
import { type ConnectionOptions, connect, withConnection } from '../connection.js';
import { exitCode } from '../exit-code.js';
import type { Register } from '../program.js';
import type { TopModel } from '../top/render.js';

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

async function read(client: ControlClient): Promise<Omit<TopModel, 'trouble'>> {
  const { briefStatusView, eventView } = await import('../../actors/gateway/http/schemas.js');
  const { dataplaneView } = await import('../../model/observing/dataplane-views.js');
  const [status, events, table] = await Promise.all([
    client.get('/api/v1/status?config=false', briefStatusView),
    client.get(`/api/v1/events/recent?limit=${EVENTS}`, eventView.array()),
    // While the data plane is replaced, the rest is told all the same.
    client.get('/api/v1/ipvs', dataplaneView).catch(() => null),
  ]);
  return { status, events, table };
}

async function printOnce(client: ControlClient): Promise<void> {
  const { printJson } = await import('../output.js');
  const { status, events, table } = await read(client);
  if (status.state !== 'healthy') process.exitCode = exitCode.negative;
  printJson({ ...status, events, ipvs: table });
}

async function runTop(client: ControlClient): Promise<void> {
  const { renderTop } = await import('../top/render.js');
  const { runLive } = await import('../top/live.js');
  const { paintFor } = await import('../text/paint.js');
  const paint = paintFor(process.stdout);
  await runLive({
    read: () => read(client),
    render: (model, trouble, view) => renderTop({ ...model, trouble }, view, paint),
    periodMs: PERIOD_MS,
  });
}
