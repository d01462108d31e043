import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { BuiltInCheckType } from '../../checks/index.js';
import { createCheckerContext, loadChecker } from '../../checks/load.js';
import { runProbe } from '../../checks/probing/run-probe.js';
import { SafeMessages } from '../../config/safe-messages.js';
import { buildCheck } from '../../config/sections/checks/build.js';
import { checkRules } from '../../config/sections/checks/rules.js';
import { check as checkSchema } from '../../config/sections/checks/schema.js';
import type { CheckConfig } from '../../model/config.js';
import type { Outcome, ProbeSpec } from '../../model/probe.js';
import { msFromNs, NS_PER_S } from '../../model/units.js';
import { Report } from '../../schema/report.js';
import { HIDDEN } from '../../wire/secrets/redaction.js';
import { parseHumantime } from '../../wire/text/humantime.js';
import { exitCode } from '../exit-code.js';
import { addFlags, checkTypes, documentOf, flagOf, normalizeBooleans, optionSchemas } from './flags.js';
import { parseTarget, type Target } from './target.js';

type Asked = {
  readonly type: BuiltInCheckType;
  readonly target: Target;
  readonly check: CheckConfig;
  readonly mark: number | null;
  readonly json: boolean;
};

/** Runs `fulcrum check` with its arguments. */
export async function runCheckCommand(argv: readonly string[]): Promise<void> {
  const asked = await readCheckCommand(argv);
  if (asked === null) return;
  const { type, target, check, mark, json } = asked;
  const outcome = await probe(type, { host: target.host, port: check.port ?? target.port, check, mark });
  process.stdout.write(json ? jsonReport(type, target, outcome) : textReport(type, target, outcome));
  process.exitCode = exitCodeOf(outcome);
}

/** What the arguments ask for; null where they ask for the help alone. */
export async function readCheckCommand(argv: readonly string[]): Promise<Asked | null> {
  const typeIndex = argv.findIndex((word) => !word.startsWith('-'));
  const word = argv[typeIndex];
  const type = checkTypes.find((known) => known === word);
  if (type === undefined) {
    await overview(word).parseAsync([...argv], { from: 'user' });
    return null;
  }
  const schemas = optionSchemas(type);
  const command = new Command(`fulcrum check ${type}`)
    .description(`one ${type} probe now`)
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('(add --help for the usage)')
    .exitOverride()
    // A mistyped flag may carry a password.
    .configureOutput({
      outputError: (text, write) => write(text.replace(/(unknown option '-[^'=]*)=.*'/su, `$1=${HIDDEN}'`)),
    })
    .argument('<target>', 'HOST:PORT, HOST or a URL')
    .option('--json', 'print one JSON document')
    .option('--mark <number>', 'firewall mark (SO_MARK) of the packets', readMark);
  addFlags(command, schemas);
  const rest = argv.filter((_, index) => index !== typeIndex);
  command.parse(normalizeBooleans(rest, schemas), { from: 'user' });
  const { json = false, mark = null } = command.opts<{ json?: boolean; mark?: number }>();
  return { type, ...read(command, type, documentOf(command, schemas)), mark, json };
}

/** What there is to say without a type: the help, or that there is none of this name. */
function overview(word: string | undefined): Command {
  const command = new Command('fulcrum check')
    .usage('TYPE TARGET [options]')
    .description(
      `one probe now, without a daemon; TYPE is one of ${checkTypes.join(', ')}.\n"fulcrum check TYPE --help" lists the options of a type.`,
    )
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .allowExcessArguments();
  return command.action(() =>
    command.error(
      word === undefined
        ? `error: a type of check is missing: one of ${checkTypes.join(', ')}`
        : `error: '${word}' is not a type of check: one of ${checkTypes.join(', ')}`,
    ),
  );
}

function readMark(text: string): number {
  const mark = Number(text);
  if (!/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) || mark > 0xffffffff) {
    throw new InvalidArgumentError('a number of 32 bits is expected');
  }
  return mark;
}

/** Ends with everything that is wrong, by flag. */
function read(
  command: Command,
  type: BuiltInCheckType,
  flags: Record<string, unknown>,
): { readonly target: Target; readonly check: CheckConfig } {
  const target = targetOf(command, type, flags);
  const headers = { ...recordOf(target.document['headers']), ...recordOf(flags['headers']) };
  const document = {
    type,
    ...intervalFor(flags['timeout']),
    ...target.document,
    ...flags,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
  const parsed = checkSchema.safeParse(document);
  if (!parsed.success) return refuse(command, document, parsed.error.issues);
  const report = new Report();
  checkRules(parsed.data, [], report);
  const errors = report.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return refuse(command, document, errors);
  return { target, check: buildCheck(parsed.data, (path) => resolve(path)) };
}

/** The schema wants the timeout to fit into the interval, which a single probe does not have. */
function intervalFor(timeout: unknown): { readonly interval?: string } {
  const read = typeof timeout === 'string' ? parseHumantime(timeout) : { ok: false as const };
  return typeof timeout === 'string' && read.ok && read.ns > DEFAULT_INTERVAL_NS ? { interval: timeout } : {};
}
const DEFAULT_INTERVAL_NS = 10 * NS_PER_S;

type Wrong = { readonly path: readonly PropertyKey[]; readonly message: string };

const refuse = (command: Command, document: object, wrong: readonly Wrong[]): never => {
  const safe = new SafeMessages(document);
  return command.error(
    wrong
      .map(({ path, message }) => {
        const [key, ...inside] = path;
        const place = [flagOf(String(key)), ...inside.map(String)].join(' ');
        return `error: ${place}: ${safe.of({ path, message })}`;
      })
      .join('\n'),
  );
};

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function targetOf(command: Command, type: BuiltInCheckType, flags: Record<string, unknown>): Target {
  try {
    return parseTarget(type, command.args[0] ?? '', { tls: flags['tls'] === true, portGiven: 'port' in flags });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return command.error(`error: ${error.message}`);
  }
}

async function probe(type: BuiltInCheckType, spec: ProbeSpec): Promise<Outcome> {
  const context = createCheckerContext();
  const checker = (await loadChecker(type)).create(context);
  try {
    return await runProbe(checker, spec, context.now);
  } finally {
    checker.close();
  }
}

function jsonReport(type: BuiltInCheckType, target: Target, outcome: Outcome): string {
  const report = {
    healthy: outcome.kind === 'healthy',
    type,
    target: target.text,
    duration_ms: durationMs(outcome),
    message: outcome.message,
    result: outcome.kind,
    cause: outcome.kind === 'unhealthy' ? outcome.cause : outcome.kind === 'error' ? outcome.shortage : null,
  };
  return `${JSON.stringify(report)}\n`;
}

const textReport = (type: BuiltInCheckType, target: Target, outcome: Outcome): string =>
  `${outcome.kind}: ${type} ${target.text} in ${durationMs(outcome)} ms: ${outcome.message}\n`;

const durationMs = ({ durationNs }: Outcome): number => Number(msFromNs(durationNs).toFixed(3));

function exitCodeOf(outcome: Outcome): number {
  if (outcome.kind === 'healthy') return exitCode.good;
  return outcome.kind === 'error' && outcome.shortage === 'privilege' ? exitCode.missingPrivilege : exitCode.negative;
}
