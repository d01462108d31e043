/** What a new configuration asks of this host, tried before anything of it is applied. */
import { createServer } from 'node:net';
import type { Config, Listen } from '../../model/config.js';
import { CommandError } from '../../model/errors.js';
import { hostPort } from '../../model/ip-address.js';
import type { FileTurns } from '../../os/files/file-turns.js';
import { MAX_PEM_BYTES } from '../../os/files/regular-file.js';
import { holderOfPort } from '../../os/sockets/port-holder.js';
import { listenerOf } from '../../os/sockets/unix-peer.js';
import { listenFailure } from '../gateway/listeners/listen-error.js';

/** @throws CommandError with everything that this host does not give */
export async function tryOut(config: Config, next: Config, files: Pick<FileTurns, 'read'>): Promise<void> {
  const refused = [
    ...(await Promise.all(freshListeners(config, next).map(whyNotListen))),
    whyNoSocket(config, next),
    ...(await Promise.all(filesOf(config, next).map((file) => whyNotRead(file, files)))),
  ].filter((why) => why !== null);
  if (refused.length > 0) throw new CommandError('ERR_CONFLICT', refused.join('; '));
}

export type NamedListen = { readonly setting: string; readonly listen: Listen };

export const listenersOf = ({ control, metrics, agent }: Config): readonly NamedListen[] =>
  [
    { setting: 'control.http', listen: control.http },
    { setting: 'control.grpc', listen: control.grpc },
    { setting: 'metrics.listen', listen: metrics.listen },
    { setting: 'agent.listen', listen: agent?.listen ?? null },
    { setting: 'agent.metrics', listen: agent?.metrics ?? null },
  ].flatMap(({ setting, listen }) => (listen === null ? [] : [{ setting, listen }]));

/** The kernel chooses a free port in the place of 0. One of our own listeners may be in the way of a new one, until it moves. */
function freshListeners(config: Config, next: Config): readonly NamedListen[] {
  const own = listenersOf(config);
  return listenersOf(next).filter(
    ({ listen }) => listen.port !== 0 && !own.some((mine) => collide(mine.listen, listen)),
  );
}

const collide = (a: Listen, b: Listen): boolean =>
  a.port === b.port && (a.host === b.host || [a.host, b.host].some((host) => EVERY_ADDRESS.has(host)));
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

async function whyNotListen({ setting, listen }: NamedListen): Promise<string | null> {
  const error = await tryListening(listen);
  if (error === null) return null;
  const what = `${setting}: cannot listen on ${hostPort(listen.host, listen.port)}`;
  const holder = error.code === 'EADDRINUSE' ? holderOfPort(listen.port) : null;
  return holder === null
    ? listenFailure(what, error).message
    : `${what}: ${holder} uses that port; stop it, or choose another port`;
}

/** Null: it can be listened on. */
export function tryListening({ host, port }: Listen): Promise<NodeJS.ErrnoException | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

function whyNoSocket(config: Config, next: Config): string | null {
  const path = next.healthcheckServer?.socket;
  if (path === undefined || path === config.healthcheckServer?.socket) return null;
  try {
    const peer = listenerOf(path);
    if (peer === null) return null;
    const who = peer === 'busy' ? 'another process' : `process ${peer.pid}`;
    return `${path}: ${who} listens there already: stop it, or set healthcheck_server.socket`;
  } catch {
    // No socket, or none for us: who is to listen there says what is wrong with it.
    return null;
  }
}

type NamedFile = { readonly setting: string; readonly path: string };

/** What a door reads again on its own thread, which would hang where the file does. */
function filesOf(config: Config, next: Config): readonly NamedFile[] {
  const agentChanges = JSON.stringify(config.agent) !== JSON.stringify(next.agent);
  return [
    { setting: 'control.token_file', path: next.control.tokenFile },
    { setting: 'agent.ca_file', path: agentChanges ? (next.agent?.caFile ?? null) : null },
  ].flatMap(({ setting, path }) => (path === null ? [] : [{ setting, path }]));
}

async function whyNotRead({ setting, path }: NamedFile, files: Pick<FileTurns, 'read'>): Promise<string | null> {
  const reading = await files.read(path, MAX_PEM_BYTES);
  return reading.kind === 'read' ? null : `${setting}: ${path}: ${reading.why}`;
}
