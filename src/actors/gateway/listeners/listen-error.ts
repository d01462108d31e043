import { FulcrumError, MissingPrivilegeError } from '../../../model/errors.js';

/** An address cannot be listened on. */
export class ListenError extends FulcrumError {
  readonly code = 'ERR_LISTEN';
}

/** What a TCP listener's error means, and what to do; `what` names the listener and its address. */
export function listenFailure(what: string, error: unknown): FulcrumError {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(`${what}: another program uses that port; stop it, or choose another port`);
    case 'EADDRNOTAVAIL':
      return new ListenError(`${what}: this machine does not have that address`);
    case 'EACCES':
      return new MissingPrivilegeError('CAP_NET_BIND_SERVICE', `${what}: ports below 1024 need CAP_NET_BIND_SERVICE`);
    default:
      return new ListenError(`${what}: ${message}`);
  }
}
