import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import { exitCode } from '../../exit-code.js';
import type { Register } from '../../program.js';

type Options = ConnectionOptions & { readonly config: string; readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(
    program
      .command('plan')
      .description('what applying a configuration would change; exit code 1 when it changes something'),
  )
    .requiredOption('-c, --config <file>', 'the configuration file')
    .option('--json', 'one JSON document')
    .action(async (options: Options) => {
      const { namingFile, readDocument } = await import('../../document.js');
      const { planView } = await import('../../../actors/gateway/http/schemas.js');
      const { lookAtStdout, printJson, printLines } = await import('../../output.js');
      const document = readDocument(options.config);
      const client = await connect(options);
      const plan = await namingFile(options.config, client.post('/api/v1/plan', planView, document));
      if (options.json === true) {
        printJson(plan);
      } else {
        const { changeLines } = await import('../../views/changes.js');
        printLines(changeLines(plan, lookAtStdout()));
      }
      if (plan.changes.length + plan.drift.length > 0) process.exitCode = exitCode.negative;
    });
};
