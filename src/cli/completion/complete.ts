/** What may stand next in a command line, from the definitions of the commands. */
import { Command, type Option } from 'commander';

export type Candidate = { readonly word: string; readonly description: string };
/** Names that the daemon knows. */
export type NameKind = 'backends' | 'services' | 'instances' | 'actors';
export type Completion = {
  readonly candidates: readonly Candidate[];
  /** Names of files are, too. */
  readonly files: boolean;
  readonly names: NameKind | null;
};

const nothing: Completion = { candidates: [], files: false, names: null };

/** By what arguments and values of options are called. */
const namesOf: Readonly<Record<string, NameKind>> = {
  backend: 'backends',
  instance: 'instances',
  actor: 'actors',
  '--service': 'services',
};
const fileWords: ReadonlySet<string> = new Set(['file', 'path']);

/** `words` follow the program's name; the last one is being written. */
export async function complete(program: Command, words: readonly string[]): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const { command, given, open } = await walk(program, words.slice(0, -1));
  const found = open === null ? next(program, command, given, current) : ofOption(open);
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(current)) };
}

type Place = {
  readonly command: Command;
  /** Arguments of it that are written already. */
  readonly given: readonly string[];
  /** An option whose value comes next. */
  readonly open: Option | null;
};

async function walk(program: Command, words: readonly string[]): Promise<Place> {
  let command = program;
  let given: string[] = [];
  let open: Option | null = null;
  for (const word of words) {
    if (open !== null) {
      open = null;
    } else if (word.startsWith('-')) {
      const option = command.options.find(({ short, long }) => short === word || long === word);
      open = option !== undefined && (option.required || option.optional) ? option : null;
    } else {
      const child = given.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (child === undefined) given.push(word);
      else [command, given] = [child, []];
      if (command.name() === 'check') command = await checkOf(program, given[0]);
    }
  }
  return { command, given, open };
}

/** Its options depend on the type. */
async function checkOf(program: Command, type: string | undefined): Promise<Command> {
  const { addFlags, checkTypes, optionSchemas } = await import('../check/flags.js');
  const command = new Command('check').option('--json', 'print one JSON document');
  const known = checkTypes.find((each) => each === type);
  command.addArgument(program.createArgument('<type>').choices(checkTypes)).argument('<target>');
  if (known !== undefined) addFlags(command, optionSchemas(known));
  return command;
}

function next(program: Command, command: Command, given: readonly string[], current: string): Completion {
  if (current.startsWith('-')) {
    const own = command.options.filter(({ hidden }) => !hidden);
    const all = own.map(({ long, short, description }) => ({ word: long ?? short ?? '', description }));
    return { ...nothing, candidates: [...all, { word: '--help', description: 'show this help' }] };
  }
  if (command.name() === 'help') return { ...nothing, candidates: given.length === 0 ? childrenOf(program) : [] };
  const children = given.length === 0 ? childrenOf(command) : [];
  const argument =
    command.registeredArguments[given.length] ?? command.registeredArguments.find((each) => each.variadic);
  if (argument === undefined) return { ...nothing, candidates: children };
  const choices = (argument.argChoices ?? []).map((word) => ({ word, description: argument.description }));
  return {
    candidates: [...children, ...choices],
    files: fileWords.has(argument.name()),
    names: namesOf[argument.name()] ?? null,
  };
}

/** Hidden ones are for programs. */
const childrenOf = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ word: each.name(), description: each.description() }));

function ofOption(option: Option): Completion {
  const value = /<([\w-]+)/.exec(option.flags)?.[1] ?? '';
  return {
    candidates: (option.argChoices ?? []).map((word) => ({ word, description: option.description })),
    files: fileWords.has(value),
    names: namesOf[option.long ?? ''] ?? null,
  };
}
