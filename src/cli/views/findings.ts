/** What `fulcrum doctor` found, for people: the command stands on a line of its own, to be copied. */

import type { Severity } from '../../doctor/finding.js';
import type { Diagnosis } from '../../doctor/index.js';
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
      const [first = '', ...rest] = folded(what, width - INDENT.length);
      return [
        `${paint(colours[severity], severity.padEnd(INDENT.length - 1))} ${first}`,
        ...rest.map((line) => `${INDENT}${line}`),
        ...folded(why, width - INDENT.length).map((line) => `${INDENT}${paint('dim', line)}`),
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

/** At spaces; a longer word is left whole. */
function folded(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of safe(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
