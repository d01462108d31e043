import { Argument } from 'commander';
import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import type { Register } from '../../program.js';

type Options = ConnectionOptions & { readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(
    program
      .command('maintenance')
      .description('take the whole node out, over restarts too: VRRP steps down, and all backends drain'),
  )
    .addArgument(new Argument('<state>', 'off takes it back').choices(['on', 'off']))
    .option('--json', 'one JSON document')
    .action(async (state: string, options: Options) => {
      const { maintenanceView } = await import('../../../model/observing/views.js');
      const { printJson, printLines } = await import('../../output.js');
      const sent = { contentType: 'application/json', text: JSON.stringify({ on: state === 'on' }) };
      const answer = await (await connect(options)).put('/api/v1/maintenance', maintenanceView, sent);
      if (options.json === true) return printJson(answer);
      printLines([
        answer.since === null
          ? 'maintenance is off: VRRP and the backends are as they were'
          : `in maintenance since ${answer.since}: VRRP steps down and takes no address, and the backends drain`,
      ]);
    });
};
