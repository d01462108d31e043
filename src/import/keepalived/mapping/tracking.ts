/** vrrp_script, vrrp_track_process, track_file, and the lists of what an instance tracks. */

import { NS_PER_S, ns } from '../../../model/units.js';
import { formatHumantime } from '../../../wire/text/humantime.js';
import type { Instance, Script, Track, TrackedFile, TrackedProcess, Vrrp } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { programOf, userOf } from './command.js';
import { Fields, integerOf } from './fields.js';
import type { Import } from './import.js';
import { nameFor } from './names.js';

type Weight = { readonly weight: number; readonly reverse: boolean; readonly from: Statement };
/** What can be tracked, by its name there, with the weight that its own block says. */
type Known = Map<string, { readonly name: string; readonly weight: Weight | null }>;
/** What a FILE_CHECK needs of it; `from`: where its path is said. */
export type TrackFile = { readonly path: string; readonly weight: Weight | null; readonly from: Statement };
export type Trackable = {
  readonly track_script: Known;
  readonly track_process: Known;
  readonly track_file: Known;
  /** All of them, those too that no instance tracks. */
  readonly files: ReadonlyMap<string, TrackFile>;
};

const SECOND = ns(NS_PER_S);

/** Reads what can be tracked into the section. */
export function trackable(work: Import, top: Fields, globals: Fields, section: Vrrp): Trackable {
  const all = new Map<string, TrackFile>();
  const known: Trackable = { track_script: new Map(), track_process: new Map(), track_file: new Map(), files: all };
  const scripts: Record<string, Script> = {};
  const processes: Record<string, TrackedProcess> = {};
  const files: Record<string, TrackedFile> = {};
  for (const statement of top.all('vrrp_script')) script(work, statement, globals, scripts, known.track_script);
  for (const statement of top.all('vrrp_track_process')) process(work, statement, processes, known.track_process);
  const checked = namesIn(top.all('virtual_server'), 'track_file');
  const tracked = namesIn(top.all('vrrp_instance', 'vrrp_sync_group'), 'track_file');
  for (const statement of top.all('track_file', 'vrrp_track_file')) {
    const [name = ''] = statement.words;
    const only = checked.has(name) && !tracked.has(name);
    file(work, statement, { files, known: known.track_file, all, section: !only });
  }
  if (Object.keys(scripts).length > 0) section.scripts = scripts;
  if (Object.keys(processes).length > 0) section.processes = processes;
  if (Object.keys(files).length > 0) section.files = files;
  return known;
}

/** What statements of this keyword name, at whatever depth, in a word or in a block. */
function namesIn(statements: readonly Statement[], keyword: string): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (statement: Statement): void => {
    if (statement.keyword === keyword) {
      for (const word of [...statement.words, ...(statement.block ?? []).map((line) => line.keyword)]) names.add(word);
    }
    for (const inner of statement.block ?? []) look(inner);
  };
  for (const statement of statements) look(statement);
  return names;
}

function script(
  work: Import,
  statement: Statement,
  globals: Fields,
  scripts: Record<string, Script>,
  known: Known,
): void {
  const fields = new Fields(work, statement.block ?? []);
  const from = fields.one('script');
  const command = programOf(from);
  if (from === undefined || command === null) {
    work.leaveOut(statement, 'its script is no program: a script here runs without a shell');
    return;
  }
  const name = nameFor(work, statement);
  const own: Script = { command };
  work.put(own, 'command', command, from);
  const interval = fields.timer('interval');
  work.putOr(own, 'interval', formatHumantime(interval.value ?? SECOND), interval.from);
  const timeout = fields.timer('timeout');
  if (timeout.from !== undefined) work.put(own, 'timeout', formatHumantime(timeout.value), timeout.from);
  for (const key of ['rise', 'fall'] as const) {
    const { value, from: line } = fields.integer(key, 1, 1000);
    work.putOr(own, key, value ?? 1, line);
  }
  const fail = fields.one('init_fail');
  if (fail !== undefined) work.put(own, 'initially', 'bad', fail);
  const user = userOf(fields.word('user'), globals);
  if (user.from !== undefined) work.put(own, 'user', user.value, user.from);
  known.set(statement.words[0] ?? '', { name, weight: weightOf(work, fields) });
  work.put(scripts, name, own, statement);
  fields.tellRest('vrrp_script');
}

function process(work: Import, statement: Statement, processes: Record<string, TrackedProcess>, known: Known): void {
  const fields = new Fields(work, statement.block ?? []);
  const from = fields.one('process');
  if (from === undefined || from.words.length === 0) {
    work.leaveOut(statement, 'it names no process');
    return;
  }
  const name = nameFor(work, statement);
  const [first = ''] = from.words;
  const own: TrackedProcess = { command: from.words.length === 1 ? first : [...from.words] };
  work.put(own, 'command', own.command, from);
  const quorum = fields.integer('quorum', 1, 1000);
  work.putOr(own, 'quorum', quorum.value ?? 1, quorum.from);
  const both = fields.timer('delay');
  const delay = both.from === undefined ? fields.timer('terminate_delay') : both;
  if (delay.from !== undefined) work.put(own, 'delay', formatHumantime(delay.value), delay.from);
  const full = fields.one('full_command');
  if (full !== undefined) work.otherwise(full, 'a command line is compared where a path or several words are written');
  known.set(statement.words[0] ?? '', { name, weight: weightOf(work, fields) ?? { weight: 1, reverse: false, from } });
  work.put(processes, name, own, statement);
  fields.tellRest('vrrp_track_process');
}

/** So much less is a fault, whatever the priority. */
const FAULT = -254;

type Files = {
  readonly files: Record<string, TrackedFile>;
  readonly known: Known;
  readonly all: Map<string, TrackFile>;
  /** VRRP has it too. */
  readonly section: boolean;
};

function file(work: Import, statement: Statement, { files, known, all, section }: Files): void {
  const fields = new Fields(work, statement.block ?? []);
  const path = fields.word('file');
  if (path.from === undefined) {
    work.leaveOut(statement, 'it names no file');
    return;
  }
  const weight = weightOf(work, fields);
  all.set(statement.words[0] ?? '', { path: path.value, weight, from: path.from });
  if (!section) {
    work.use(statement, path.from);
    fields.tellRest('track_file');
    return;
  }
  const name = nameFor(work, statement);
  const own: TrackedFile = { path: path.value };
  work.put(own, 'path', path.value, path.from);
  if (weight?.weight === 0)
    work.otherwise(weight.from, 'a number above 0 is a fault (weight: -254), and one below 0 is none');
  const signed = weight === null ? 1 : signedWeight(weight) || FAULT;
  work.putOr(own, 'weight', signed, weight?.from);
  known.set(statement.words[0] ?? '', { name, weight: null });
  work.put(files, name, own, statement);
  fields.tellRest('track_file');
}

export const signedWeight = ({ weight, reverse }: Weight): number => (reverse ? -weight : weight);

/** `weight N [reverse]`. */
export function weightOf(work: Import, fields: Fields): Weight | null {
  const from = fields.one('weight');
  if (from === undefined) return null;
  const weight = integerOf(from.words[0] ?? '');
  if (weight === null) {
    work.leaveOut(from, `'${from.words[0] ?? ''}' is no weight`);
    return null;
  }
  work.use(from);
  return { weight, reverse: from.words.includes('reverse'), from };
}

const kinds = { track_script: 'script', track_process: 'process', track_file: 'file' } as const;

/** What an instance, or a group of them, tracks. */
export function trackList(work: Import, owner: Pick<Instance, 'track'>, fields: Fields, known: Trackable): void {
  const list: Track[] = [];
  for (const block of fields.all('track_interface', ...Object.keys(kinds))) {
    work.use(block);
    work.trace.note(owner, 'track', block);
    for (const line of block.block ?? []) trackLine(work, block.keyword, line, known, list);
  }
  if (list.length > 0) owner.track = list;
}

function trackLine(work: Import, keyword: string, line: Statement, known: Trackable, list: Track[]): void {
  const written = weightIn(line);
  if (keyword === 'track_interface') {
    work.push(list, { interface: line.keyword, ...weighed(written) }, line);
    return;
  }
  const kind = keyword === 'track_script' || keyword === 'track_process' ? keyword : 'track_file';
  const found = known[kind].get(line.keyword);
  if (found === undefined) {
    work.leaveOut(line, `there is no such ${kinds[kind]}, or it was left out`);
    return;
  }
  const weight = written ?? found.weight;
  const from = written === null && found.weight !== null ? [line, found.weight.from] : [line];
  const { name } = found;
  if (kind === 'track_script') work.push(list, { script: name, ...weighed(weight) }, ...from);
  else if (kind === 'track_process') work.push(list, { process: name, ...weighed(weight) }, ...from);
  else work.push(list, { file: name, ...weighed(weight) }, ...from);
}

function weightIn(line: Statement): Weight | null {
  const at = line.words.indexOf('weight');
  const weight = at === -1 ? null : integerOf(line.words[at + 1] ?? '');
  const reverse = line.words.includes('reverse');
  return weight === null ? null : { weight, reverse, from: line };
}

const weighed = (weight: Weight | null) => ({
  ...(weight === null || weight.weight === 0 ? {} : { weight: weight.weight }),
  ...(weight?.reverse ? { reverse: true } : {}),
});
