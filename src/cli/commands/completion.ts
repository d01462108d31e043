import { readFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { packageFile } from '../../model/package.js';
import type { ControlClient } from '../client.js';
import type { NameKind } from '../completion/complete.js';
import { connect } from '../connection.js';

const shells = ['bash', 'zsh', 'fish'];
/** Whoever waits for a word does not wait for long. */
const ANSWER_MS = 2000;

export const register = (program: Command): void => {
  program
    .command('completion')
    .description('a script that completes commands, options and names in a shell')
    .addArgument(new Argument('<shell>', 'for bash: source <(fulcrum completion bash)').choices(shells))
    .action(
      (shell: string) => void process.stdout.write(readFileSync(packageFile(`packaging/completion/fulcrum.${shell}`))),
    );
  // What those scripts ask.
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      const { complete } = await import('../completion/complete.js');
      const { candidates, files, names } = await complete(program, words);
      const current = words.at(-1) ?? '';
      const known = names === null ? [] : (await namesOf(names)).filter((word) => word.startsWith(current));
      const lines = [
        ...candidates.map(({ word, description }) => `${word}\t${description.split('\n', 1)[0]}`),
        ...new Set(known.map((word) => `${word}\t${names}`)),
        ...(files ? [':files'] : []),
      ];
      if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    });
};

/** None while no daemon answers. */
async function namesOf(kind: NameKind): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => setTimeout(resolve, ANSWER_MS, []).unref());
  return await Promise.race([ask(await connect({}), kind).catch(() => []), late]);
}

async function ask(client: ControlClient, kind: NameKind): Promise<readonly string[]> {
  const { actorView, listedBackend, serviceView, vrrpView } = await import('../../model/observing/views.js');
  switch (kind) {
    case 'backends': {
      const backends = await client.get('/api/v1/backends', listedBackend.array());
      return backends.map(({ name }) => name);
    }
    case 'services':
      return (await client.get('/api/v1/services', serviceView.array())).map(({ name }) => name);
    case 'instances':
      return (await client.get('/api/v1/vrrp', vrrpView.array())).map(({ name }) => name);
    case 'actors':
      return (await client.get('/api/v1/actors', actorView.array())).map(({ name }) => name);
    default:
      return kind satisfies never;
  }
}
