/** Listens where the configuration says, for a moment. */
import { listenersOf, type NamedListen, tryListening } from '../../actors/supervisor/preflight.js';
import type { Config } from '../../model/config.js';
import { addressText } from '../../model/ip-address.js';
import { port } from '../../model/units.js';
import { findHolder } from '../../os/sockets/port-holder.js';
import { listenerOf } from '../../os/sockets/unix-peer.js';
import type { BlockedListener, Facts } from '../facts.js';
import { servicesOf, usesProxy } from '../needs.js';
import { programOf } from './programs.js';
import { quietly } from './quietly.js';

export async function readBlocked(
  config: Config,
  facts: Pick<Facts, 'modules' | 'links'>,
): Promise<readonly BlockedListener[]> {
  const daemon = daemonOf(config);
  const wanted = [...listenersOf(config), ...(usesProxy(facts, config) ? ofServices(config, facts) : [])];
  const tried = await Promise.all(wanted.map((each) => tryOne(each)));
  // A daemon that runs has its own ports.
  return tried.flatMap((each) => (each === null || (each.holder !== null && each.holder.pid === daemon) ? [] : [each]));
}

async function tryOne({ setting, listen }: NamedListen): Promise<BlockedListener | null> {
  if (listen.port === 0) return null;
  const error = await tryListening(listen);
  if (error === null) return null;
  const holder = error.code === 'EADDRINUSE' ? findHolder(listen.port) : null;
  return {
    setting,
    ...listen,
    code: error.code ?? error.message,
    holder: holder === null ? null : programOf(holder.pid),
  };
}

/** Of addresses that are here: the proxy listens on those of VRRP before it has them. */
function ofServices(config: Config, { links }: Pick<Facts, 'links'>): readonly NamedListen[] {
  const here = new Set([
    '0.0.0.0',
    '::',
    ...links.flatMap(({ addresses }) => addresses.map(({ address }) => addressText(address))),
  ]);
  return servicesOf(config).flatMap(({ name, match }) =>
    match.kind === 'address' &&
    match.protocol === 'tcp' &&
    (here.has(match.address) || match.address.startsWith('127.'))
      ? [{ setting: `service ${name}`, listen: { host: match.address, port: port(match.port) } }]
      : [],
  );
}

function daemonOf({ control: { socket } }: Config): number | null {
  const peer = socket === null ? null : quietly(() => listenerOf(socket), null);
  return peer === null || peer === 'busy' ? null : peer.pid;
}
