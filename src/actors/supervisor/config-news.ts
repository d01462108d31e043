/** What the log and the event stream are told of a configuration: one line for each change, or for each error. */
import { hostname } from 'node:os';
import type { Config } from '../../model/config.js';
import { ConfigError, FulcrumError, formatIssue } from '../../model/errors.js';
import { packageVersion } from '../../model/package.js';
import type { ActorContext } from '../../workers/actor.js';

/** A configuration of thousands of services may change all of them: the rest is counted. */
const MAX_TOLD = 20;

type Context = Pick<ActorContext, 'log' | 'event'>;

export function tellStart({ log }: Context, { node }: Config, file: string | null): void {
  const fields = {
    version: packageVersion(),
    node: node.name,
    host: hostname(),
    file,
    pid: process.pid,
    nodejs: process.version,
  };
  log.info(
    fields,
    `fulcrum ${fields.version} starts as node ${node.name} with ${file ?? 'a configuration that the app gave'}`,
  );
}

export function tellApplied({ log, event }: Context, changes: readonly string[]): void {
  const count = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
  log.info({ changes: changes.length }, `configuration applied: ${count}`);
  for (const change of told(changes)) log.info({}, `configuration changed: ${change}`);
  event({
    type: 'config',
    change: 'applied',
    why: changes.length === 1 ? String(changes[0]) : count,
    changes,
    errors: [],
  });
}

export function tellRefused({ log, event }: Context, file: string | null, error: unknown): void {
  const errors = error instanceof ConfigError ? error.issues.map(formatIssue) : [messageOf(error)];
  const count = `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`;
  const fields = file === null ? {} : { file };
  log.error({ ...fields, errors: errors.length }, `the new configuration was refused, the old one stays: ${count}`);
  for (const each of told(errors)) log.error(fields, each);
  const why = errors.length === 1 ? String(errors[0]) : `${count}, the first: ${errors[0]}`;
  event({ type: 'config', change: 'refused', why, changes: [], errors: told(errors) });
}

const told = (lines: readonly string[]): readonly string[] =>
  lines.length <= MAX_TOLD ? lines : [...lines.slice(0, MAX_TOLD), `and ${lines.length - MAX_TOLD} more`];

const messageOf = (error: unknown): string => (error instanceof FulcrumError ? error.message : String(error));
