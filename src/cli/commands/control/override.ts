/** `enable` and `disable`, and what they have in common with `drain`, which may wait, and `weight`. */
import type { Command } from 'commander';
import type { ControlClient } from '../../client.js';
import { type ConnectionOptions, connect, withConnection } from '../../connection.js';
import type { Register } from '../../program.js';

export type OverrideOptions = ConnectionOptions & { readonly service?: string; readonly json?: boolean };
type Action = 'drain' | 'enable' | 'disable';
type OverrideCommand = Action | 'weight';

/** The command with what all of them have. */
export const overrideBase = (program: Command, action: OverrideCommand, description: string): Command =>
  withConnection(program.command(action).description(description))
    .argument('<backend>', 'its name, or host:port')
    .option('--service <name>', 'only in this service (default: in every one that has the backend)')
    .option('--json', 'one JSON document');

export const register: Register = (program) => {
  for (const [action, description] of [
    ['enable', 'undo drain or disable'],
    ['disable', 'take a backend out at once'],
  ] as const) {
    overrideBase(program, action, description).action(async (backend: string, options: OverrideOptions) => {
      const { printJson, printLines } = await import('../../output.js');
      const changed = await override(await connect(options), backend, options.service, action);
      if (options.json === true) printJson({ changed });
      else printLines(overriddenLines(changed, backend, action));
    });
  }
};

/** Answers with the `service/backend` pairs that changed. */
export async function override(
  client: ControlClient,
  backend: string,
  service: string | undefined,
  action: Action,
): Promise<readonly string[]> {
  const { overrideView } = await import('../../../actors/gateway/http/schemas.js');
  return (await client.post(`${backendPath(backend)}/${action}${serviceQuery(service)}`, overrideView)).changed;
}

export const backendPath = (backend: string): string => `/api/v1/backends/${encodeURIComponent(backend)}`;
export const serviceQuery = (service: string | undefined): string =>
  service === undefined ? '' : `?service=${encodeURIComponent(service)}`;

export const overriddenLines = (changed: readonly string[], backend: string, action: Action): readonly string[] =>
  changed.length === 0
    ? [`nothing to do: ${backend} is so already`]
    : changed.map((each) => `${each}: ${done[action]}`);

const done = {
  drain: 'takes no new connections, and leaves when the last one has ended or the time limit is over',
  enable: 'in service again, as far as its checks say so',
  disable: 'taken out',
} as const satisfies Record<Action, string>;
