import type { Kit } from '../../schema/kit.js';
import type { Report, Steps } from '../../schema/report.js';
import { addressOnly, type CheckerDescriptor, type CheckOf, type OptionsDraft } from '../probing/descriptor.js';

export type FileCheck = CheckOf<'file', typeof options>;

/** keepalived's bounds of a weight. */
const MOST = 2 ** 31 - 1;

const options = ({ filePath, integer }: Kit) => ({
  path: filePath().describe(
    'A file with a whole number in it, which is added to the weight of the backend; no file is 0',
  ),
  weight: integer('a weight', -MOST, MOST)
    .default(1)
    .describe('What the number is multiplied by; 0: any number but 0 is a failure'),
});

const rules = (check: OptionsDraft<typeof options> & { mode?: string }, path: Steps, report: Report): void => {
  if (check.mode !== 'plain' && check.mode !== undefined) {
    report.error([...path, 'mode'], `nothing is sent, so nothing is steered: mode: ${check.mode} is not for a file`);
  }
};

export const file = {
  options,
  rules,
  onlyFromFile: true,
  target: { defaultPort: 0, schemes: {}, url: addressOnly },
} satisfies CheckerDescriptor;
