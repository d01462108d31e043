/** Every error that Fulcrum throws on purpose: `code` is stable, `message` says what, where and what to do. */
export abstract class FulcrumError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The configuration (or a command's arguments) is wrong: exit code 2. */
export class ConfigError extends FulcrumError {
  readonly code = 'ERR_CONFIG';
  readonly issues: readonly ConfigIssue[];
  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(formatIssue).join('\n'));
    this.issues = issues;
  }
}

export type ConfigIssue = {
  /** Empty where no file was read: the document is a value, or a request. */
  readonly file: string;
  /** 1-based; 0 when the place in the file is unknown. */
  readonly line: number;
  readonly column: number;
  /** Dotted, such as `services[0].port`; empty for the document itself. */
  readonly path: string;
  /** What is wrong, and what is allowed. */
  readonly message: string;
};

type Unplaced = { readonly file?: string; readonly path?: string; readonly message: string };

/** An issue whose place is not known, or is none: in a value, in a flag, in the whole of a file. */
export const unplacedIssue = ({ file = '', path = '', message }: Unplaced): ConfigIssue => ({
  file,
  line: 0,
  column: 0,
  path,
  message,
});

export const formatIssue = ({ file, line, column, path, message }: ConfigIssue): string => {
  if (file === '') return path === '' ? message : `${path}: ${message}`;
  return `${file}:${line}:${column}: ${path === '' ? '(document)' : path}: ${message}`;
};

/** The daemon's control socket can't be reached: exit code 3. */
export class UnreachableError extends FulcrumError {
  readonly code = 'ERR_UNREACHABLE';
}

/** A privilege or kernel feature is missing: exit code 4. `missing` names the capability or module. */
export class MissingPrivilegeError extends FulcrumError {
  readonly code = 'ERR_MISSING_PRIVILEGE';
  readonly missing: string;
  constructor(missing: string, message: string) {
    super(message);
    this.missing = missing;
  }
}

/** The command line asks for what is not allowed, or not possible that way: exit code 2. */
export class RefusedError extends FulcrumError {
  readonly code = 'ERR_REFUSED';
}

/** Stable, as part of the API's problem documents. */
export const commandCodes = ['ERR_NOT_FOUND', 'ERR_CONFLICT', 'ERR_EXISTS', 'ERR_UNAVAILABLE', 'ERR_TIMEOUT'] as const;
export type CommandCode = (typeof commandCodes)[number];
export const isCommandCode = (code: string): code is CommandCode => commandCodes.some((known) => known === code);

/** A request that cannot be carried out in the present state; the message says why. */
export class CommandError extends FulcrumError {
  readonly code: CommandCode;
  constructor(code: CommandCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was thrown, in words: JavaScript may throw anything. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
