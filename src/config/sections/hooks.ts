import type { z } from 'zod';
import { eventTypes } from '../../model/observing/events.js';
import { NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { bool, duration, integer, name, text, word } from '../../schema/leaves.js';
import type { ModelOf } from '../../schema/mapping.js';
import { list, map } from '../../schema/maps.js';
import { type Report, type Steps, type Subject, Unique } from '../../schema/report.js';
import type { Draft } from '../../schema/walk.js';
import { TRANSITION } from '../../wire/hooks/document.js';
import { keepalivedTypes } from '../../wire/hooks/keepalived-words.js';
import { plainSection } from '../section.js';

type HookDocument = z.output<typeof hook>;
export type HookConfig = ModelOf<HookDocument>;

const states = [
  'init',
  'backup',
  'master',
  'fault',
  'unknown',
  'healthy',
  'unhealthy',
  'draining',
  'disabled',
] as const;

const hook = map({
  name: name('a name of a hook').describe('Its name in logs, metrics and the journal; unique'),
  on: list(word([TRANSITION, ...eventTypes]), 'types of events').describe('The events that it is told'),
  names: list(name('a name'), 'names')
    .prefault([])
    .describe('Only events of these instances, services and backends; default: all'),
  to: list(word(states), 'states').prefault([]).describe('Only changes to these states; default: all'),
  command: list(text('a part of a command', { min: 0, max: 4096 }), 'the program and its arguments').describe(
    'The program to run, by its absolute path, and its arguments; no shell',
  ),
  format: word(['json', 'keepalived'])
    .default('json')
    .describe('json: a document on stdin; keepalived: the arguments of its notify scripts'),
  timeout: duration({ min: ns(100 * NS_PER_MS), max: ns(3600 * NS_PER_S) })
    .prefault('10s')
    .describe('Limit for each attempt'),
  retries: integer('a number of retries', 0, 1000)
    .default(3)
    .describe('Attempts after a failed one, with growing pauses'),
  user: text('a user', { max: 128 })
    .nullable()
    .default(null)
    .describe('Who runs the command; default: who runs the daemon'),
  resync: bool().default(true).describe('After a start it is told how things stand'),
});

export const hooks = plainSection(
  list(hook, 'hooks').prefault([]).describe('Whom to tell what happens'),
  ({ document }: Subject<{ readonly hooks?: readonly (Draft<HookDocument> | undefined)[] | undefined }>, report) => {
    const names = new Unique(report);
    document.hooks?.forEach((each, index) => {
      const path = ['hooks', index];
      names.add(each?.name, [...path, 'name'], (first) => `the name '${each?.name}' is taken by ${first}`);
      if (each !== undefined) hookRules(each, path, report);
    });
  },
);

const hookRules = ({ on, command, format }: Draft<HookDocument>, path: Steps, report: Report): void => {
  if (on?.length === 0) report.error([...path, 'on'], 'a hook without events is never told anything: name some');
  if (command !== undefined && !command[0]?.startsWith('/')) {
    report.error(
      [...path, 'command'],
      'a command begins with the absolute path of a program, such as /usr/local/bin/notify',
    );
  }
  if (format !== 'keepalived') return;
  on?.forEach((type, index) => {
    if (type === undefined || type === TRANSITION || keepalivedTypes.some((known) => known === type)) return;
    const allowed = [TRANSITION, ...keepalivedTypes].join(', ');
    report.error(
      [...path, 'on', index],
      `keepalived has no word for '${type}': ${allowed} are allowed with this format`,
    );
  });
};
