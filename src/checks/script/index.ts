import type { Kit } from '../../schema/kit.js';
import type { Report, Steps } from '../../schema/report.js';
import { addressOnly, type CheckerDescriptor, type CheckOf, type OptionsDraft } from '../probing/descriptor.js';

export type ScriptCheck = CheckOf<'script', typeof options>;

const options = ({ list, text, word }: Kit) => ({
  command: list(text('a part of a command', { min: 0, max: 4096 }), 'the program and its arguments').describe(
    'The absolute path of a program, and its arguments; no shell reads them. It ends with 0 where the backend is good',
  ),
  user: text('a user', { max: 64 }).nullable().default(null).describe('Who runs it; default: who runs the daemon'),
  weight_from: word(['exit_code'])
    .nullable()
    .default(null)
    .describe(
      'exit_code: 2 to 255 are good too, and the weight of the backend is the code less 2; default: 0 alone is good',
    ),
});

const rules = (check: OptionsDraft<typeof options> & { mode?: string }, path: Steps, report: Report): void => {
  if (check.command !== undefined && check.command[0]?.startsWith('/') !== true) {
    report.error(
      [...path, 'command'],
      'a command begins with the absolute path of a program, such as /usr/local/bin/check',
    );
  }
  if (check.mode !== 'plain' && check.mode !== undefined) {
    report.error([...path, 'mode'], `what a script sends is not steered: mode: ${check.mode} is not for it`);
  }
};

export const script = {
  options,
  rules,
  onlyFromFile: true,
  target: { defaultPort: null, schemes: {}, url: addressOnly },
} satisfies CheckerDescriptor;
