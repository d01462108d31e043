/** The options by which a command finds the daemon. */
import { type Command, InvalidArgumentError } from 'commander';
import { defaultControlSocket, readEnvironment } from '../config/environment.js';
import { RefusedError } from '../model/errors.js';
import type { ControlClient } from './client.js';

export type ConnectionOptions = { readonly socket?: string; readonly url?: URL; readonly tokenFile?: string };

/** As the daemon of the same user chooses it. */
const usualSocket = (): string => process.env[SOCKET_VARIABLE] || defaultControlSocket(readEnvironment(process.env));
const SOCKET_VARIABLE = 'FULCRUM_CONTROL_SOCKET';

export const withConnection = (command: Command): Command =>
  command
    .option('--socket <path>', `the daemon's unix socket (default: ${SOCKET_VARIABLE}, else ${usualSocket()})`)
    .option('--url <url>', 'the daemon over TCP instead, such as http://127.0.0.1:9080', parseUrl)
    .option('--token-file <file>', 'with --url: the token that allows changes');

export async function connect({ socket, url, tokenFile }: ConnectionOptions): Promise<ControlClient> {
  const { ControlClient, tokenFrom } = await import('./client.js');
  if (url !== undefined) {
    if (socket !== undefined) throw new RefusedError('--socket and --url exclude each other: name one of them');
    return new ControlClient({ kind: 'url', url, token: tokenFile === undefined ? null : tokenFrom(tokenFile) });
  }
  return new ControlClient({ kind: 'socket', path: socket ?? usualSocket() });
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('It must be an http:// or https:// URL.');
}
