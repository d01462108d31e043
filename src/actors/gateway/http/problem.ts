/** Errors as RFC 9457 problem documents. */
import { STATUS_CODES } from 'node:http';
import { CommandError, ConfigError, type ConfigIssue, FulcrumError } from '../../../model/errors.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export type Problem = {
  /** Stable, and the same for one kind of problem: `urn:fulcrum:problem:` and the code in lower case. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What was wrong, and what to do. */
  readonly detail: string;
  readonly code: string;
  /** Of a configuration document: every error in it. */
  readonly issues?: readonly ConfigIssue[];
};

export type ProblemHeaders = Readonly<Record<string, string>>;

/** Thrown by a route or a guard; becomes the answer. */
export class ProblemError extends FulcrumError {
  readonly code: string;
  readonly status: number;
  readonly headers: ProblemHeaders;
  constructor(status: number, code: string, detail: string, headers: ProblemHeaders = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function problem(status: number, code: string, detail: string, issues?: readonly ConfigIssue[]): Problem {
  const type = `urn:fulcrum:problem:${code.replace(/^ERR_/, '').replaceAll('_', '-').toLowerCase()}`;
  const title = STATUS_CODES[status] ?? 'Error';
  return { type, title, status, detail, code, ...(issues === undefined ? {} : { issues }) };
}

const commandStatus = {
  ERR_NOT_FOUND: 404,
  ERR_CONFLICT: 409,
  ERR_EXISTS: 409,
  ERR_UNAVAILABLE: 503,
  ERR_TIMEOUT: 504,
} as const satisfies Record<CommandError['code'], number>;

/** What a configuration document is sent as; other spellings of these are taken too. */
export const DOCUMENT_TYPES = 'application/yaml, application/json or application/toml';

/** What the HTTP server itself refuses, by its error code. */
const serverErrors: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'ERR_MEDIA_TYPE', `the body’s Content-Type must be ${DOCUMENT_TYPES}`],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'ERR_BAD_REQUEST', 'the body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: [400, 'ERR_BAD_REQUEST', 'the path is not valid percent-encoding'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'ERR_PATH_TOO_LONG', 'a name in the path is too long'],
  ECONNRESET: [400, 'ERR_BAD_REQUEST', 'the connection ended before the request did'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'ERR_REQUEST_TIMEOUT', 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'ERR_HEADERS_TOO_LARGE', 'the request line and headers are too large'],
};

/** The problem that an error is, or null where it is a defect of ours and says nothing to a client. */
export function problemOf(error: unknown): { readonly problem: Problem; readonly headers: ProblemHeaders } | null {
  if (error instanceof ProblemError) {
    return { problem: problem(error.status, error.code, error.message), headers: error.headers };
  }
  if (error instanceof ConfigError) {
    return { problem: problem(422, error.code, describeIssues(error), error.issues), headers: {} };
  }
  if (error instanceof CommandError) {
    return { problem: problem(commandStatus[error.code], error.code, error.message), headers: {} };
  }
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? serverErrors[code] : undefined;
  return known === undefined ? null : { problem: problem(...known), headers: {} };
}

const describeIssues = (error: ConfigError): string =>
  error.issues.length === 1
    ? (error.issues[0]?.message ?? error.message)
    : `the document has ${error.issues.length} errors, and nothing was changed`;
