import { CommanderError } from 'commander';
import {
  CommandError,
  ConfigError,
  FulcrumError,
  MissingPrivilegeError,
  messageOf,
  RefusedError,
  UnreachableError,
} from '../model/errors.js';

/** What a command's exit code says; scripts rely on them. */
export const exitCode = {
  good: 0,
  /** Unhealthy, drift, differences. */
  negative: 1,
  /** Bad usage or configuration. */
  usage: 2,
  /** The daemon can't be reached. */
  unreachable: 3,
  /** A privilege or kernel feature is missing. */
  missingPrivilege: 4,
  /** A defect of ours (EX_SOFTWARE of sysexits.h), so that no script mistakes it for an answer. */
  internal: 70,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Nobody's silence is an answer: `plan` means "differences" by the code of a negative one. */
const commandCode: Readonly<Record<CommandError['code'], ExitCode>> = {
  ERR_NOT_FOUND: exitCode.usage,
  ERR_CONFLICT: exitCode.negative,
  ERR_EXISTS: exitCode.negative,
  ERR_UNAVAILABLE: exitCode.unreachable,
  ERR_TIMEOUT: exitCode.unreachable,
};

/** Whoever says so last, a thread that loads its code or the reader of the configuration: the cause is this process's limit. */
const lacksDescriptors = (error: unknown): error is Error => error instanceof Error && /\bEMFILE\b/.test(error.message);
const LACKS_DESCRIPTORS =
  'this process may open too few files and sockets (Node.js has used all up to the hard limit, ulimit -Hn): allow 1024 or more, with LimitNOFILE= in the systemd unit, or with ulimit -n';

/** The exit code of a command that threw `error`. */
export const exitCodeOf = (error: unknown): ExitCode => {
  if (lacksDescriptors(error)) return exitCode.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.good : exitCode.usage;
  if (error instanceof ConfigError || error instanceof RefusedError) return exitCode.usage;
  if (error instanceof UnreachableError) return exitCode.unreachable;
  if (error instanceof MissingPrivilegeError) return exitCode.missingPrivilege;
  if (error instanceof CommandError) return commandCode[error.code];
  // Thrown on purpose, with a message for people: such as an actor that cannot start because its port is taken, so that
  // the configuration does not fit this machine.
  if (error instanceof FulcrumError) return exitCode.usage;
  return exitCode.internal;
};

/** What stderr says about `error`; empty where commander has said it already. */
export const describeError = (error: unknown): string => {
  if (error instanceof CommanderError) return '';
  if (lacksDescriptors(error)) return `fulcrum: ${LACKS_DESCRIPTORS}\nfulcrum: ${error.message}\n`;
  if (error instanceof ConfigError) return `${error.message}\n`;
  if (exitCodeOf(error) === exitCode.internal) {
    return `fulcrum: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  return `fulcrum: ${messageOf(error)}\n`;
};
