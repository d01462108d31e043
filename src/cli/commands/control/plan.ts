import { CommandError, RefusedError } from '../../../model/errors.js';
import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import { exitCode } from '../../exit-code.js';
import type { Register } from '../../program.js';

type Options = ConnectionOptions & { readonly config?: string; readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(
    program
      .command('plan')
      .description('what applying a configuration would change; exit code 1 when it changes something'),
  )
    .option('-c, --config <file>', 'this file instead of the one that the daemon was started with')
    .option('--json', 'one JSON document')
    .action(async (options: Options) => {
      const { lookAtStdout, printJson, printLines, tellingErrors } = await import('../../output.js');
      const plan = await tellingErrors(options, () => ask(options));
      if (options.json === true) {
        printJson(plan);
      } else {
        const { changeLines } = await import('../../views/changes.js');
        printLines(changeLines(plan, lookAtStdout()));
      }
      if (plan.changes.length + plan.drift.length > 0) process.exitCode = exitCode.negative;
    });
};

async function ask(options: Options) {
  const { namingFile, readDocument } = await import('../../document.js');
  const { planView } = await import('../../../actors/gateway/http/schemas.js');
  const { config: file } = options;
  if (file === undefined) {
    const client = await connect(options);
    return await client.post('/api/v1/plan?source=file', planView).catch(noFile);
  }
  const document = readDocument(file);
  const client = await connect(options);
  return await namingFile(file, client.post('/api/v1/plan', planView, document));
}

/** A conflict has the exit code that means "differences" here. */
function noFile(error: unknown): never {
  if (error instanceof CommandError && error.code === 'ERR_CONFLICT')
    throw new RefusedError(`${error.message} with -c FILE`);
  throw error;
}
