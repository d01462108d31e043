/** Reads all that the probes look at. */
import type { Config } from '../../model/config.js';
import { InterfaceTable } from '../../os/netlink/interface-table.js';
import { RouteSocket } from '../../os/netlink/route-socket.js';
import type { Facts } from '../facts.js';
import { readFirewall } from './firewall.js';
import { readClock, readCpuTimes, readMemory, readRights, readVersions } from './host.js';
import { readModules, readSysctls } from './kernel.js';
import { readBlocked } from './listeners.js';
import { readMissingUsers, readStateDir } from './paths.js';
import { readPrograms } from './programs.js';
import { listenOnWire } from './wire.js';

export type ReadOptions = { readonly file: string | null; readonly config: Config | null; readonly listenMs: number };

export async function readFacts({ file, config, listenMs }: ReadOptions): Promise<Facts> {
  const cpu = readCpuTimes();
  const links = readLinks();
  const modules = readModules();
  const [firewall, blockedListeners, wire] = await Promise.all([
    readFirewall(),
    config === null ? [] : readBlocked(config, { modules, links }),
    listenOnWire(config, links, listenMs),
  ]);
  return {
    file,
    versions: readVersions(),
    rights: readRights(),
    modules,
    sysctls: readSysctls(),
    clock: readClock(cpu),
    memory: readMemory(),
    links,
    programs: readPrograms(),
    missingUsers: config === null ? [] : readMissingUsers(config),
    stateDir: config === null ? null : readStateDir(config),
    blockedListeners,
    firewall: firewall.chains,
    heard: wire.heard,
    claims: wire.claims,
    unread: [...firewall.unread, ...wire.unread],
  };
}

function readLinks(): Facts['links'] {
  const routes = new RouteSocket();
  try {
    const table = new InterfaceTable();
    table.reset(routes.readAll());
    return table.all();
  } finally {
    routes.close();
  }
}
