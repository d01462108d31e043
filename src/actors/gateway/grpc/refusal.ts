/** Errors as gRPC statuses, and who may change things. */
import { status } from '@grpc/grpc-js';
import { ZodError } from 'zod';
import { CommandError, ConfigError } from '../../../model/errors.js';
import { type Access, mayReadDetails } from '../listeners/guard.js';

/** A call that is refused, with its status. */
export class GrpcRefusal extends Error {
  readonly status: status;
  constructor(code: status, message: string) {
    super(message);
    this.status = code;
  }
}

export type Refusal = { readonly code: status; readonly details: string };

const commandStatus: Readonly<Record<CommandError['code'], status>> = {
  ERR_NOT_FOUND: status.NOT_FOUND,
  ERR_CONFLICT: status.FAILED_PRECONDITION,
  ERR_EXISTS: status.ALREADY_EXISTS,
  ERR_UNAVAILABLE: status.UNAVAILABLE,
  ERR_TIMEOUT: status.DEADLINE_EXCEEDED,
};

/** Null for what is a defect of ours, which tells the caller nothing. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof GrpcRefusal) return { code: error.status, details: error.message };
  if (error instanceof CommandError) return { code: commandStatus[error.code], details: error.message };
  if (error instanceof ConfigError) {
    const details = error.issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    return { code: status.INVALID_ARGUMENT, details };
  }
  if (error instanceof ZodError) {
    const details = error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; ');
    return { code: status.INVALID_ARGUMENT, details };
  }
  return null;
}

export const defect: Refusal = { code: status.INTERNAL, details: 'an internal error; see the log' };

/** gRPC comes over TCP, so changes need the token, as they do over HTTP. */
export function checkMayChange(access: Access, authorization: string | undefined): void {
  if (access.token === null) {
    throw new GrpcRefusal(
      status.PERMISSION_DENIED,
      'changes over TCP need a token, and none is configured: set control.token_file',
    );
  }
  if (authorization === undefined) {
    throw new GrpcRefusal(
      status.UNAUTHENTICATED,
      'this changes something: send the metadata authorization: Bearer TOKEN',
    );
  }
  if (!mayReadDetails(access, authorization)) {
    throw new GrpcRefusal(status.UNAUTHENTICATED, 'that is not the token of control.token_file');
  }
}
