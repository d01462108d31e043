/** The commands that `ipvsadm -S -n` saves: one a line, each option with its value. */
import type { Place } from '../notes.js';

export type Command = {
  readonly at: Place;
  /** `-A` adds a service, `-a` a destination; anything else is none that a saved table has. */
  readonly verb: string;
  /** Short names; a flag has an empty value. */
  readonly options: ReadonlyMap<string, string>;
};

const long: Readonly<Record<string, string>> = {
  '--add-service': '-A',
  '--add-server': '-a',
  '--tcp-service': '-t',
  '--udp-service': '-u',
  '--fwmark-service': '-f',
  '--scheduler': '-s',
  '--persistent': '-p',
  '--netmask': '-M',
  '--ops': '-o',
  '--sched-flags': '-b',
  '--ipv6': '-6',
  '--real-server': '-r',
  '--gatewaying': '-g',
  '--ipip': '-i',
  '--masquerading': '-m',
  '--weight': '-w',
  '--u-threshold': '-x',
  '--l-threshold': '-y',
};

export function commandsOf(file: string, text: string): readonly Command[] {
  return text.split(/\r*\n/u).flatMap((line, index) => {
    const [verb = '', ...words] = line.trim().split(/\s+/u);
    if (verb === '' || verb.startsWith('#')) return [];
    return [{ at: { file, line: index + 1 }, verb: long[verb] ?? verb, options: optionsOf(words) }];
  });
}

function optionsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  let name = '';
  for (const word of words) {
    if (/^-(?:-|[A-Za-z6])/u.test(word)) {
      name = long[word] ?? word;
      options.set(name, '');
    } else if (options.get(name) === '') options.set(name, word);
    else options.set(word, '');
  }
  return options;
}
