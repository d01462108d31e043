import { type ConnectionOptions, connect, withConnection } from '../connection.js';
import { exitCode } from '../exit-code.js';
import type { Register } from '../program.js';

type Options = ConnectionOptions & { readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(
    program.command('status').description('how all is, and what is not well; exit code 1 when something is not'),
  )
    .option('--json', 'one JSON document, with the effective configuration')
    .action(async (options: Options) => {
      const { briefStatusView, statusView } = await import('../../actors/gateway/http/schemas.js');
      const client = await connect(options);
      const status = await (options.json === true
        ? client.get('/api/v1/status', statusView)
        : client.get('/api/v1/status?config=false', briefStatusView));
      const { lookAtStdout, printJson, printLines } = await import('../output.js');
      if (status.state !== 'healthy') process.exitCode = exitCode.negative;
      if (options.json === true) return printJson(status);
      const { summaryLines } = await import('../views/summary.js');
      printLines(summaryLines(status, lookAtStdout()));
    });
};
