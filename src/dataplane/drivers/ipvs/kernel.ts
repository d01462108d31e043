/** IPVS in this network namespace: its netlink family, its table and its requests, with the errors that keep one from all of it. */
import { execFile } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MissingPrivilegeError } from '../../../model/errors.js';
import type { Clock } from '../../../model/units.js';
import { NS_PER_MS } from '../../../model/units.js';
import { SyscallError } from '../../../os/kernel/libc.js';
import { NetlinkClient, NetlinkError, type RequestResult, type WriteRequest } from '../../../os/netlink/netlink.js';
import { type NetlinkPort, openNetlink } from '../../../os/netlink/socket.js';
import { readIpvsDaemon, readIpvsDestination, readIpvsInfo, readIpvsService } from '../../../wire/ipvs/read.js';
import {
  IPVS_FAMILY_NAME,
  type IpvsDaemon,
  type IpvsDestinationEntry,
  type IpvsInfo,
  type IpvsServiceEntry,
  type IpvsServiceKey,
} from '../../../wire/ipvs/types.js';
import { type IpvsRequest, writeIpvsRequest } from '../../../wire/ipvs/write.js';
import { type GenericFamily, readFamily, writeFamilyLookup } from '../../../wire/netlink/generic.js';
import type { NetlinkMessage } from '../../../wire/netlink/reader.js';

/** How long a read of the table holds the thread before it lets other work run: a weight change does not wait for it. */
const TURN_NS = 0.25 * NS_PER_MS;
/** modprobe of a module that is there takes milliseconds. */
const MODPROBE_TIMEOUT_MS = 5000;

export type IpvsKernelDeps = {
  readonly now: Clock;
  readonly openPort: () => NetlinkPort;
  /** Loads a kernel module; answers with what went wrong, null = nothing. */
  readonly loadModule: (name: string) => Promise<string | null>;
};

export const ipvsKernelDeps = (now: Clock): IpvsKernelDeps => ({
  now,
  openPort: () => openNetlink('generic'),
  loadModule: (name) =>
    new Promise((resolve) => {
      execFile('modprobe', ['-q', name], { timeout: MODPROBE_TIMEOUT_MS }, (error, _stdout, stderr) => {
        if (error === null) resolve(null);
        else resolve(stderr.trim() === '' ? `modprobe ${name} failed (${error.code ?? error.message})` : stderr.trim());
      });
    }),
});

export class IpvsKernel {
  readonly info: IpvsInfo;
  readonly #deps: IpvsKernelDeps;
  /** Writes never wait for a dump: each has its own socket. */
  readonly #writer: NetlinkClient;
  readonly #reader: NetlinkClient;
  #family: number;
  /** Services that are there, as far as this process wrote or saw. */
  #held = new Map<string, IpvsServiceKey>();

  private constructor(deps: IpvsKernelDeps, writer: NetlinkClient, family: number, info: IpvsInfo) {
    this.#deps = deps;
    this.#writer = writer;
    this.#reader = new NetlinkClient(deps.openPort, deps.now);
    this.#family = family;
    this.info = info;
  }

  /** Rejects with MissingPrivilegeError, naming the module or the capability. */
  static async open(deps: IpvsKernelDeps): Promise<IpvsKernel> {
    const client = openClient(deps);
    try {
      const { id } = await findFamily(client, deps);
      const info = await client.ask(netlinkRequestOf({ kind: 'getInfo' }, id), readIpvsInfo).catch(explainInfo);
      return new IpvsKernel(deps, client, id, info);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Carries out all requests in order, one result for each. */
  async send(requests: readonly IpvsRequest[]): Promise<readonly RequestResult[]> {
    const results = await this.#writer.send(requests.map((request) => netlinkRequestOf(request, this.#family)));
    for (const [index, request] of requests.entries()) {
      if (results[index]?.kind !== 'done') continue;
      if (request.kind === 'newService') this.#held.set(textOf(request.service.key), request.service.key);
      else if (request.kind === 'delService') this.#held.delete(textOf(request.service));
    }
    return results;
  }

  /** Rejects with NetlinkError. */
  async services(): Promise<readonly IpvsServiceEntry[]> {
    const listed = await this.#listed();
    const found = new Map(listed.map((service) => [textOf(service.key), service]));
    // The kernel goes on by number where a datagram was full, so a service that is removed meanwhile hides another one.
    let turnEnds = this.#deps.now() + TURN_NS;
    for (const [text, key] of [...this.#held]) {
      if (found.has(text)) continue;
      const hidden = await this.#service(key);
      if (hidden !== null) found.set(text, hidden);
      if (this.#deps.now() < turnEnds) continue;
      await nextTurn();
      turnEnds = this.#deps.now() + TURN_NS;
    }
    this.#held = new Map(Array.from(found, ([text, { key }]) => [text, key]));
    return [...found.values()];
  }

  async #listed(): Promise<readonly IpvsServiceEntry[]> {
    try {
      return await this.#dump({ kind: 'dump', what: 'services' }, readIpvsService);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.syscallCode !== 'ENOENT') throw error;
      // The module was unloaded, or loaded again under another number.
      this.#family = (await findFamily(this.#reader, this.#deps)).id;
      return await this.#dump({ kind: 'dump', what: 'services' }, readIpvsService);
    }
  }

  /** Null = it is not there. */
  async #service(service: IpvsServiceKey): Promise<IpvsServiceEntry | null> {
    try {
      return await this.#reader.ask(netlinkRequestOf({ kind: 'getService', service }, this.#family), readIpvsService);
    } catch (error) {
      if (error instanceof NetlinkError && error.syscallCode === 'ESRCH') return null;
      throw error;
    }
  }

  /** Empty for a service that is not there. */
  destinations(service: IpvsServiceKey): Promise<readonly IpvsDestinationEntry[]> {
    const ipv6 = service.kind === 'fwmark' ? service.family === 'ipv6' : service.address.includes(':');
    return this.#dump({ kind: 'dump', what: 'destinations', service }, (message) =>
      readIpvsDestination(message, ipv6 ? 'ipv6' : 'ipv4'),
    );
  }

  daemons(): Promise<readonly IpvsDaemon[]> {
    return this.#dump({ kind: 'dump', what: 'daemons' }, readIpvsDaemon);
  }

  /** Calls `each` with every service and its destinations, and lets other work of the thread run in between. */
  async table(
    each: (service: IpvsServiceEntry, destinations: readonly IpvsDestinationEntry[]) => void,
    wanted: (service: IpvsServiceEntry) => boolean = () => true,
  ): Promise<void> {
    let turnEnds = this.#deps.now() + TURN_NS;
    for (const service of await this.services()) {
      if (!wanted(service)) continue;
      each(service, await this.destinations(service.key));
      if (this.#deps.now() < turnEnds) continue;
      await nextTurn();
      turnEnds = this.#deps.now() + TURN_NS;
    }
  }

  close(): void {
    this.#writer.close();
    this.#reader.close();
  }

  async #dump<T>(request: IpvsRequest, read: (message: NetlinkMessage) => T | null): Promise<readonly T[]> {
    const { items, skipped } = await this.#reader.dump(netlinkRequestOf(request, this.#family), read);
    if (skipped > 0) throw new NetlinkError(`${skipped} entries of the kernel's table cannot be read`);
    return items;
  }
}

const textOf = (key: IpvsServiceKey): string =>
  key.kind === 'fwmark' ? `${key.family} ${key.fwmark}` : `${key.protocol} ${key.address} ${key.port}`;

/** The request as a netlink client sends it; `family` is the number of IPVS in this kernel. */
export const netlinkRequestOf =
  (request: IpvsRequest, family: number): WriteRequest =>
  (writer, options) =>
    writeIpvsRequest(writer, request, { ...options, family });

function openClient(deps: IpvsKernelDeps): NetlinkClient {
  try {
    return new NetlinkClient(deps.openPort, deps.now);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new MissingPrivilegeError(
      'netlink',
      `IPVS needs generic netlink, which this kernel refuses: ${error.message}`,
    );
  }
}

/** Loads the module where the kernel has no such family yet. */
async function findFamily(client: NetlinkClient, deps: IpvsKernelDeps): Promise<GenericFamily> {
  const lookup: WriteRequest = (writer, { sequence }) => writeFamilyLookup(writer, sequence, IPVS_FAMILY_NAME);
  const found = await client.ask(lookup, readFamily).catch(unlessMissing);
  if (found !== null) return found;
  const problem = await deps.loadModule('ip_vs');
  const loaded = await client.ask(lookup, readFamily).catch(unlessMissing);
  if (loaded !== null) return loaded;
  const why = problem ?? 'the module is loaded, but not for this network namespace';
  throw new MissingPrivilegeError(
    'ip_vs',
    `this kernel has no IPVS (${why}): run \`modprobe ip_vs\` on the host, or set dataplane.driver to proxy`,
  );
}

function unlessMissing(error: unknown): null {
  if (error instanceof NetlinkError && error.syscallCode === 'ENOENT') return null;
  throw error;
}

function explainInfo(error: unknown): never {
  if (!(error instanceof NetlinkError) || (error.syscallCode !== 'EPERM' && error.syscallCode !== 'EACCES'))
    throw error;
  throw new MissingPrivilegeError(
    'CAP_NET_ADMIN',
    'IPVS needs CAP_NET_ADMIN: run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN',
  );
}
