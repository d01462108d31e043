import { z } from 'zod';
import { eventTypes } from '../../model/observing/events.js';
import { NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { url } from '../../schema/addresses.js';
import { headers } from '../../schema/headers.js';
import { bool, duration, filePath, integer, name, text, word } from '../../schema/leaves.js';
import type { ModelOf } from '../../schema/mapping.js';
import { list, map } from '../../schema/maps.js';
import { say } from '../../schema/messages.js';
import { type Report, type Steps, type Subject, Unique } from '../../schema/report.js';
import type { Draft } from '../../schema/walk.js';
import { TRANSITION } from '../../wire/hooks/document.js';
import { keepalivedTypes } from '../../wire/hooks/keepalived-words.js';
import { MAILBOX } from '../../wire/text/mailbox.js';
import { filledSection } from '../section.js';

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

const ownHeaders: ReadonlyMap<string, string> = new Map([
  ['host', "it follows from the option 'url'"],
  ['content-length', 'it follows from the document'],
  ['transfer-encoding', 'it follows from the document'],
  ['content-type', 'the document is application/json'],
  ['connection', 'each attempt has a connection of its own'],
]);

const mailbox = (what: string) => {
  const error = say(what, 'NAME@DOMAIN is allowed');
  return z.string({ error }).regex(MAILBOX, { error });
};

const hook = map({
  name: name('a name of a hook').describe('Its name in logs, metrics and the journal; unique'),
  on: list(word([TRANSITION, ...eventTypes]), 'types of events').describe('The events that it is told'),
  names: list(name('a name'), 'names')
    .prefault([])
    .describe('Only events of these instances, services and backends; default: all'),
  to: list(word(states), 'states').prefault([]).describe('Only changes to these states; default: all'),
  command: list(text('a part of a command', { min: 0, max: 4096 }), 'the program and its arguments')
    .nullable()
    .default(null)
    .describe('The program to run, by its absolute path, and its arguments; no shell'),
  url: url(['http', 'https']).nullable().default(null).describe('Where each event is posted'),
  fifo: filePath().nullable().default(null).describe('A named pipe that a line is written to'),
  mail: map({
    url: url(['smtp', 'smtps']).describe('The mail server; with credentials, which are sent over TLS alone'),
    from: mailbox("a sender's address").describe('The sender'),
    to: list(mailbox("a recipient's address"), 'recipients').describe('The recipients'),
  })
    .nullable()
    .default(null)
    .describe('A mail for each event'),
  format: word(['json', 'keepalived'])
    .default('json')
    .describe('json: a document; keepalived: the arguments of its notify scripts, or the lines of its notify FIFO'),
  timeout: duration({ min: ns(100 * NS_PER_MS), max: ns(3600 * NS_PER_S) })
    .prefault('10s')
    .describe('Limit for each attempt'),
  retries: integer('a number of retries', 0, 1000)
    .nullable()
    .default(null)
    .describe('Attempts after a failed one, with growing pauses; default: 3 for a command, else until it succeeds'),
  user: text('a user', { max: 128 })
    .nullable()
    .default(null)
    .describe('Who runs the command; default: who runs the daemon'),
  headers: headers(ownHeaders).prefault({}).describe('More headers of a post'),
  ca_file: filePath()
    .nullable()
    .default(null)
    .describe('PEM file of the authorities to trust for url and mail; default: those of Node.js'),
  tls_verify: bool().default(true).describe('Refuses a certificate of url or mail that is not valid'),
  resync: bool().default(true).describe('After a start it is told how things stand'),
});

const COMMAND_RETRIES = 3;

export const hooks = filledSection(
  list(hook, 'hooks').prefault([]).describe('Whom to tell what happens'),
  (hooks) =>
    hooks.map((each) => ({ ...each, retries: each.retries ?? (each.command === null ? null : COMMAND_RETRIES) })),
  ({ document }: Subject<{ readonly hooks?: readonly (Draft<HookDocument> | undefined)[] | undefined }>, report) => {
    const names = new Unique(report);
    document.hooks?.forEach((each, index) => {
      const path = ['hooks', index];
      names.add(each?.name, [...path, 'name'], (first) => `the name '${each?.name}' is taken by ${first}`);
      if (each !== undefined) hookRules(each, path, report);
    });
  },
);

const ways = ['command', 'url', 'fifo', 'mail'] as const;
/** Options of some ways alone. */
const belongs: readonly (readonly [option: keyof HookDocument, ways: readonly (typeof ways)[number][]])[] = [
  ['user', ['command']],
  ['headers', ['url']],
  ['ca_file', ['url', 'mail']],
];

const hookRules = (hook: Draft<HookDocument>, path: Steps, report: Report): void => {
  const { on, command, mail } = hook;
  if (on?.length === 0) report.error([...path, 'on'], 'a hook without events is never told anything: name some');
  if (mail?.to?.length === 0) report.error([...path, 'mail', 'to'], 'missing: a mail needs a recipient');
  const taken = ways.filter((way) => hook[way] !== null);
  const [way] = taken;
  if (way === undefined) report.error(path, `missing: a hook needs one of ${ways.join(', ')}`);
  if (taken.length > 1) report.error(path, `a hook has one of ${taken.join(' and ')}: make one for each`);
  if (command && !command[0]?.startsWith('/')) {
    report.error(
      [...path, 'command'],
      'a command begins with the absolute path of a program, such as /usr/local/bin/notify',
    );
  }
  if (taken.length !== 1 || way === undefined) return;
  for (const [option, allowed] of belongs) {
    const value = hook[option];
    const isSet =
      typeof value === 'string' || (typeof value === 'object' && value !== null && Object.keys(value).length > 0);
    if (isSet && !allowed.includes(way)) {
      report.error(
        [...path, option],
        `this has no effect on a hook with ${way}: it belongs to ${allowed.join(' and ')}`,
      );
    }
  }
  if (hook.format === 'keepalived') keepalivedRules(on, way, path, report);
};

const keepalivedRules = (on: Draft<HookDocument>['on'], way: string, path: Steps, report: Report): void => {
  if (way === 'url' || way === 'mail') {
    report.error([...path, 'format'], `keepalived has no words for a ${way}: json is allowed`);
  }
  on?.forEach((type, index) => {
    if (type === undefined || type === TRANSITION || keepalivedTypes.some((known) => known === type)) return;
    const allowed = [TRANSITION, ...keepalivedTypes].join(', ');
    report.error(
      [...path, 'on', index],
      `keepalived has no word for '${type}': ${allowed} are allowed with this format`,
    );
  });
};
