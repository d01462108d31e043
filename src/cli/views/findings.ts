/** What `fulcrum doctor` found, for people: the command stands on a line of its own, to be copied. */

import type { Severity } from '../../doctor/finding.js';
import type { Diagnosis } from '../../doctor/index.js';
import { fold } from '../text/fold.js';
import { plural } from '../text/format.js';
import type { Colour } from '../text/paint.js';
import { safe } from '../text/table.js';
import type { Look } from './tables.js';

const colours: Readonly<Record<Severity, Colour>> = { error: 'red', warning: 'yellow', info: 'cyan' };
const INDENT = '         ';

export function findingLines(findings: readonly Diagnosis[], { paint, width }: Look): readonly string[] {
  const count = (severity: Severity): number => findings.filter((each) => each.severity === severity).length;
  const found = [plural(count('error'), 'error'), plural(count('warning'), 'warning'), plural(count('info'), 'remark')];
  return [
    ...findings.flatMap(({ severity, what, why, command, where }) => {
      const [first = '', ...rest] = fold(safe(what), width - INDENT.length);
      return [
        `${paint(colours[severity], severity.padEnd(INDENT.length - 1))} ${first}`,
        ...rest.map((line) => `${INDENT}${line}`),
        ...fold(safe(why), width - INDENT.length).map((line) => `${INDENT}${paint('dim', line)}`),
        `${INDENT}${paint('bold', `${where === undefined ? '' : `on ${safe(where)}: `}$ ${safe(command)}`)}`,
      ];
    }),
    ...(findings.some(({ command }) => command.startsWith('sysctl -w'))
      ? [
          paint(
            'dim',
            'What sysctl sets is gone after a restart of the host: packaging/sysctl/90-fulcrum.conf keeps it.',
          ),
        ]
      : []),
    findings.length === 0 ? 'nothing found' : found.join(', '),
  ];
}
