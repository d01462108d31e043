import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import type { Register } from '../../program.js';

type Options = ConnectionOptions & { readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(
    program.command('failover').description('let a VRRP master, or all masters of a sync group, step down once'),
  )
    .argument('<instance>', 'the VRRP instance or sync group')
    .option('--json', 'one JSON document')
    .action(async (instance: string, options: Options) => {
      const { failoverView } = await import('../../../actors/gateway/http/schemas.js');
      const { printJson, printLines } = await import('../../output.js');
      const path = `/api/v1/vrrp/${encodeURIComponent(instance)}/failover`;
      const answer = await (await connect(options)).post(path, failoverView);
      if (options.json === true) return printJson(answer);
      printLines([answer.message]);
    });
};
