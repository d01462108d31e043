/** `drain`, `enable` and `disable` differ in one word. */
import { type ConnectionOptions, connect, withConnection } from '../connection.js';
import type { Register } from '../program.js';

type Options = ConnectionOptions & { readonly service?: string; readonly json?: boolean };
type Action = 'drain' | 'enable' | 'disable';

export const overrideCommand =
  (action: Action, description: string): Register =>
  (program) => {
    withConnection(program.command(action).description(description))
      .argument('<backend>', 'its name, or host:port')
      .option('--service <name>', 'only in this service (default: in every one that has the backend)')
      .option('--json', 'one JSON document')
      .action(async (backend: string, options: Options) => {
        const { overrideView } = await import('../../gateway/schemas.js');
        const { printJson, printLines } = await import('../output.js');
        const query = options.service === undefined ? '' : `?service=${encodeURIComponent(options.service)}`;
        const path = `/api/v1/backends/${encodeURIComponent(backend)}/${action}${query}`;
        const answer = await (await connect(options)).post(path, overrideView);
        if (options.json === true) return printJson(answer);
        printLines(
          answer.changed.length === 0
            ? [`nothing to do: ${backend} is so already`]
            : answer.changed.map((each) => `${each}: ${done[action]}`),
        );
      });
  };

const done = {
  drain: 'takes no new connections, and leaves when the last one has ended or the time limit is over',
  enable: 'in service again, as far as its checks say so',
  disable: 'taken out',
} as const satisfies Record<Action, string>;
