/** What VRRP can track: the sections `scripts`, `processes` and `files`, and the entries of a `track` list. */
import { z } from 'zod';
import { NS_PER_MS, NS_PER_S, ns } from '../../../model/units.js';
import { bool, duration, filePath, integer, interfaceName, name, text, word } from '../../../schema/leaves.js';
import { list, map } from '../../../schema/maps.js';
import { say, show } from '../../../schema/messages.js';
import type { Report, Steps } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { nearest } from '../../../wire/text/nearest.js';
import { OWNER_PRIORITY } from '../../../wire/vrrp/advert.js';

/** keepalived's range; more than the priority itself says nothing more. */
const MAX_TRACK_WEIGHT = 254;
/** A look more often than this would be a load of its own. */
const MIN_SCRIPT_INTERVAL_MS = 100;
const MAX_COMMAND_WORDS = 64;
const MAX_COUNT = 1000;

const weightRange = () => integer('a weight', -MAX_TRACK_WEIGHT, MAX_TRACK_WEIGHT);
const weight = () =>
  weightRange()
    .nullable()
    .default(null)
    .describe(
      'Added to the priority (above 0: while it is up; below 0: while it is down); none or 0: down means fault',
    );
const reverse = () => bool().default(false).describe('Down counts as up, and a weight with the other sign');

const entries = {
  interface: map({
    interface: interfaceName().describe('The interface to watch'),
    weight: weight(),
    reverse: reverse(),
  }),
  service: map({
    service: name('a name of a service').describe('The service to watch'),
    weight: weight(),
    reverse: reverse(),
  }),
  script: map({
    script: name('a name of a script').describe('The one of vrrp.scripts'),
    weight: weight(),
    reverse: reverse(),
  }),
  process: map({
    process: name('a name of a process').describe('The one of vrrp.processes'),
    weight: weight(),
    reverse: reverse(),
  }),
  file: map({
    file: name('a name of a file').describe('The one of vrrp.files'),
    weight: weight(),
    reverse: reverse(),
  }),
};

export const track = z.union([entries.interface, entries.service, entries.script, entries.process, entries.file], {
  error: ({ input }) => {
    const kinds = Object.keys(entries).map((kind) => `{ ${kind}: NAME }`);
    return `${show(input)} is not a thing to track: ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)} is allowed`;
  },
});
type TrackDocument = z.output<typeof track>;

const words = (what: string) =>
  list(text(what, { min: 0, max: 4096 }), 'words')
    .min(1)
    .max(MAX_COMMAND_WORDS);
const times = (what: string) => integer(what, 1, MAX_COUNT).default(1);

const script = map({
  command: words('a word of a command').describe(
    'The absolute path of a program and its arguments; it runs without a shell',
  ),
  interval: duration({ min: ns(MIN_SCRIPT_INTERVAL_MS * NS_PER_MS), max: ns(86_400 * NS_PER_S) })
    .prefault('1s')
    .describe('Start to start; a run that takes longer is never joined by a second one'),
  timeout: duration({ min: ns(NS_PER_MS), max: ns(86_400 * NS_PER_S) })
    .nullable()
    .default(null)
    .describe('Then it has failed, and its process group is killed; default: the interval'),
  rise: times('a number of runs').describe('Consecutive runs with exit code 0 that make a bad one good'),
  fall: times('a number of runs').describe('Consecutive other runs that make a good one bad'),
  user: text('a user', { max: 64 }).nullable().default(null).describe('Runs it: a name or a uid; default: as Fulcrum'),
  initially: word(['unknown', 'good', 'bad'])
    .default('unknown')
    .describe('What counts before the first result; unknown counts as down, and the first result decides'),
});

const process = map({
  command: z
    .union([text('a command', { max: 4096 }), words('a word of a command line')], {
      error: say('a command', 'a name of a process, or how its command line begins, is allowed'),
    })
    .describe('The name of a process, or, with a path or several words, how its command line begins'),
  quorum: times('a number of processes').describe('So many of them make it good'),
  delay: duration({ max: ns(3600 * NS_PER_S) })
    .prefault('0s')
    .describe('A change must last so long to count, so that a restart is none'),
});

const file = map({
  path: filePath().describe('It holds a whole number'),
  weight: weightRange().default(1).describe('The number times this is added to the priority; -254 and less is fault'),
});

const named = <Item extends z.ZodType>(what: string, item: Item, describe: string) =>
  z
    .record(name(`a name of a ${what}`), item, { error: say(`a map of ${what}s`, `names with ${what}s are expected`) })
    .prefault({})
    .describe(describe);

export const trackedThings = {
  scripts: named('script', script, 'Programs whose exit code instances track'),
  processes: named('process', process, 'Processes whose presence instances track'),
  files: named('file', file, 'Files whose number instances track'),
};
type Things = { readonly [Key in keyof typeof trackedThings]: z.output<(typeof trackedThings)[Key]> };

const mapValues = <Value, Result>(record: Readonly<Record<string, Value>>, each: (value: Value) => Result) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, each(value)])) as Readonly<
    Record<string, Result>
  >;

export const filledTracking = ({ scripts, processes }: Things) => ({
  scripts: mapValues(scripts, (one) => ({ ...one, timeout: one.timeout ?? one.interval })),
  processes: mapValues(processes, ({ command, ...one }) => ({
    ...one,
    command: typeof command === 'string' ? command.trim().split(/\s+/) : command,
  })),
});

export const withKind = (files: Things['files']) => (entry: TrackDocument) => {
  if ('interface' in entry) return { kind: 'interface', ...entry } as const;
  if ('service' in entry) return { kind: 'service', ...entry } as const;
  if ('script' in entry) return { kind: 'script', ...entry } as const;
  return 'process' in entry
    ? ({ kind: 'process', ...entry } as const)
    : ({ kind: 'file', ...entry, weight: entry.weight ?? files[entry.file]?.weight ?? 0 } as const);
};

/** The names that can be tracked, by the key of a track entry. */
const plurals = { service: 'services', script: 'scripts', process: 'processes', file: 'files' } as const;
export type Trackable = { readonly [Kind in keyof typeof plurals]: readonly string[] };

export const trackRules = (
  { track, priority }: Draft<{ readonly track: readonly TrackDocument[]; readonly priority: number }>,
  path: Steps,
  known: Trackable,
  report: Report,
): void => {
  track?.forEach((entry, index) => {
    if (entry === undefined) return;
    const at = [...path, 'track', index];
    if (priority === OWNER_PRIORITY && entry.weight) {
      report.warning([...at, 'weight'], 'the owner of the addresses keeps its priority of 255: this has no effect');
    }
    for (const kind of ['service', 'script', 'process', 'file'] as const) {
      const wanted: unknown = Reflect.get(entry, kind);
      if (typeof wanted !== 'string' || known[kind].includes(wanted)) continue;
      const near = nearest(wanted, known[kind]);
      const hint = near === undefined ? `there are no ${plurals[kind]}` : `the nearest known ${kind} is '${near}'`;
      report.error([...at, kind], `there is no ${kind} '${wanted}': ${hint}`);
    }
  });
};

/** Without a shell there is no PATH that people would agree on. */
export const scriptRules = (scripts: Draft<Things['scripts']> | undefined, report: Report): void => {
  for (const [key, one] of Object.entries(scripts ?? {})) {
    const [program] = one?.command ?? [];
    if (program === undefined || program.startsWith('/')) continue;
    report.error(['vrrp', 'scripts', key, 'command', 0], `'${program}' is no absolute path: write one, as /bin/sh`);
  }
};
