import { Argument } from 'commander';
import { faults } from '../../../wire/links/control.js';
import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import type { Register } from '../../program.js';

type Options = ConnectionOptions & { readonly json?: boolean };

export const register: Register = (program) => {
  withConnection(program.command('drill').description('do to an actor what a bug would; the daemon runs with --drills'))
    .argument('<actor>', 'such as engine or monitor-0: fulcrum show actors lists them')
    .addArgument(new Argument('<fault>', 'what happens to it').choices(faults))
    .option('--json', 'one JSON document')
    .action(async (actor: string, fault: string, options: Options) => {
      const { drillView } = await import('../../../actors/gateway/http/schemas.js');
      const { printJson, printLines } = await import('../../output.js');
      const path = `/api/v1/actors/${encodeURIComponent(actor)}/drill/${fault}`;
      const answer = await (await connect(options)).post(path, drillView);
      if (options.json === true) return printJson(answer);
      printLines([`${answer.actor}: ${answer.fault} on its way; fulcrum show events --follow tells what follows`]);
    });
};
