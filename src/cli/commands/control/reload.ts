import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import type { Register } from '../../program.js';

type Options = ConnectionOptions & { readonly config?: string; readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(
    program
      .command('reload')
      .description('apply a configuration to the running daemon; one with an error changes nothing'),
  )
    .option('-c, --config <file>', 'this file instead of the one that the daemon was started with')
    .option('--json', 'one JSON document')
    .action(async (options: Options) => {
      const { namingFile, readDocument } = await import('../../document.js');
      const { changesView } = await import('../../../actors/gateway/http/schemas.js');
      const { lookAtStdout, printJson, printLines, tellingErrors } = await import('../../output.js');
      const client = await connect(options);
      const { config: file } = options;
      const { changes } = await tellingErrors(options, async () =>
        file === undefined
          ? client.post('/api/v1/reload', changesView)
          : namingFile(file, client.post('/api/v1/config', changesView, readDocument(file))),
      );
      if (options.json === true) return printJson({ changes });
      const { changeLines } = await import('../../views/changes.js');
      printLines(changeLines({ changes, drift: [] }, lookAtStdout()));
    });
};
