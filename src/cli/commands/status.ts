import type { ControlClient } from '../client.js';
import { type ConnectionOptions, connect, withConnection } from '../connection.js';
import { exitCode } from '../exit-code.js';
import type { Register } from '../program.js';
import { type Answer, type WatchOptions, watchAnswer, withWatch } from '../views/watch.js';

type Options = ConnectionOptions & WatchOptions;

export const register: Register = (program) => {
  const command = program
    .command('status')
    .description('how all is, and what is not well; exit code 1 when something is not');
  withWatch(withConnection(command))
    .option('--json', 'one JSON document, with the effective configuration')
    .action(async (options: Options) => {
      const client = await connect(options);
      if (options.watch === true) return await watchAnswer(options, () => ask(client, options));
      const { lookAtStdout, printJson, printLines } = await import('../output.js');
      const { value, lines } = await ask(client, options);
      if (options.json === true) printJson(value);
      else printLines(lines(lookAtStdout()));
    });
};

async function ask(client: ControlClient, { json }: Options): Promise<Answer> {
  const { briefStatusView, statusView } = await import('../../actors/gateway/http/schemas.js');
  const { summaryLines } = await import('../views/summary.js');
  const status = await (json === true
    ? client.get('/api/v1/status', statusView)
    : client.get('/api/v1/status?config=false', briefStatusView));
  process.exitCode = status.state === 'healthy' ? exitCode.good : exitCode.negative;
  return { value: status, lines: (look) => summaryLines(status, look) };
}
