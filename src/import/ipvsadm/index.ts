/** A saved table of IPVS (`ipvsadm -S -n`) as services with their backends. */
import { familyOf } from '../../model/ip-address.js';
import { NS_PER_S, ns } from '../../model/units.js';
import { ipvsSchedulerFlags, ipvsSchedulers } from '../../wire/ipvs/types.js';
import { formatHumantime } from '../../wire/text/humantime.js';
import type { Backend, Check, Dataplane, Document, Imported, Service } from '../document.js';
import type { Note } from '../notes.js';
import { type Reached, serviceName } from '../service-name.js';
import { Trace } from '../trace.js';
import { type Command, commandsOf } from './lines.js';

export function importIpvsadm(file: string, text: string): Imported {
  const work = new Table(file);
  for (const command of commandsOf(file, text)) {
    if (command.verb === '-A') work.service(command);
    else if (command.verb === '-a') work.backend(command);
    else work.leaveOut(command, command.verb, 'a saved table has -A and -a only: save it with `ipvsadm -S -n`');
  }
  const dataplane: Dataplane = { driver: 'ipvs' };
  const document: Document = work.services.length === 0 ? {} : { dataplane, services: work.services };
  return { document, trace: work.trace, notes: work.notes };
}

const protocols = [
  ['-t', 'tcp'],
  ['-u', 'udp'],
  ['--sctp-service', 'sctp'],
] as const;
const forwardings = [
  ['-m', 'nat'],
  ['-g', 'dsr'],
  ['-i', 'tun'],
] as const;
const known = {
  '-A': ['-t', '-u', '--sctp-service', '-f', '-6', '-s', '-p', '-M', '-o', '-b'],
  '-a': [
    '-t',
    '-u',
    '--sctp-service',
    '-f',
    '-6',
    '-r',
    '-m',
    '-g',
    '-i',
    '-w',
    '-x',
    '--tun-type',
    '--tun-port',
    '--tun-nocsum',
  ],
};

type Open = { readonly service: Service; readonly backends: Backend[]; readonly protocol: string };

class Table {
  readonly trace: Trace;
  readonly services: Service[] = [];
  readonly notes: Note[] = [];
  readonly #open = new Map<string, Open>();

  constructor(file: string) {
    this.trace = new Trace(file);
  }

  leaveOut({ at }: Command, keyword: string, why: string): void {
    this.notes.push({ at, keyword, kind: 'left-out', why });
  }

  service(command: Command): void {
    const { options, at } = command;
    const { reached, protocol } = reachedBy(command);
    if (reached === null) {
      this.leaveOut(command, '-A', 'a service here has an address and a port from 1 to 65535, or a firewall mark');
      return;
    }
    const from = { keyword: '-A', at };
    const scheduler = ipvsSchedulers.find((word) => word === options.get('-s'));
    const service: Service = { name: serviceName(reached, protocol), protocol, scheduler: scheduler ?? 'wlc' };
    if (reached.kind === 'address') Object.assign(service, { address: reached.address, port: reached.port });
    else Object.assign(service, { fwmark: reached.mark, family: reached.isIPv6 ? 'ipv6' : 'ipv4' });
    if (scheduler === undefined) this.leaveOut(command, '-s', `the scheduler '${options.get('-s')}' is not known here`);
    const seconds = integer(options.get('-p'));
    const net = options.get('-M');
    if (seconds !== null) {
      const timeout = formatHumantime(ns(seconds * NS_PER_S));
      service.persistence = net === undefined ? timeout : { timeout, granularity: integer(net) ?? net };
    }
    if (options.has('-o')) service.one_packet = true;
    const flags = (options.get('-b') ?? '').split(',').filter((flag) => flag !== '');
    service.scheduler_flags = flags.flatMap((flag) => ipvsSchedulerFlags.find((word) => word === flag) ?? []);
    for (const flag of flags) if (!isFlag(flag)) this.leaveOut(command, '-b', `'${flag}' is no flag of a scheduler`);
    if (flags.length === 0) delete service.scheduler_flags;
    const backends: Backend[] = [];
    service.backends = backends;
    this.#tellRest(command);
    this.trace.push(this.services, service, from);
    this.#open.set(service.name, { service, backends, protocol });
  }

  backend(command: Command): void {
    const { options, at } = command;
    const { reached, protocol } = reachedBy(command);
    const open = reached === null ? undefined : this.#open.get(serviceName(reached, protocol));
    const real = endpointOf(options.get('-r') ?? '');
    const forwarding = forwardings.find(([option]) => options.has(option))?.[1] ?? 'dsr';
    if (open === undefined) this.leaveOut(command, '-a', 'its service is not there');
    else if (real === null) this.leaveOut(command, '-a', 'a backend here has an address and a port from 1 to 65535');
    else {
      open.service.forwarding ??= forwarding;
      const backend: Backend = { ...real, weight: integer(options.get('-w')) ?? 1 };
      if (open.service.forwarding !== forwarding) backend.forwarding = forwarding;
      const most = integer(options.get('-x'));
      if (most !== null && most > 0) backend.max_connections = most;
      const tunnel = tunnelOf(options);
      if (forwarding === 'tun' && tunnel !== null) backend.tunnel = tunnel;
      const check: Check =
        open.protocol === 'tcp' && open.service.fwmark === undefined ? { type: 'tcp' } : { type: 'icmp' };
      backend.checks = [check];
      const why = `a table has no checks: it is up while ${check.type === 'tcp' ? 'it takes connections' : 'it answers a ping'}`;
      this.notes.push({ at, keyword: '-a', kind: 'otherwise', why });
      this.#tellRest(command);
      this.trace.push(open.backends, backend, { keyword: '-a', at });
    }
  }

  #tellRest(command: Command): void {
    for (const option of command.options.keys()) {
      if (!known[command.verb === '-A' ? '-A' : '-a'].includes(option)) {
        this.leaveOut(command, option, reasons[option] ?? 'Fulcrum has no such option');
      }
    }
  }
}

const reasons: Readonly<Record<string, string>> = {
  '-y': 'Fulcrum has no lower threshold: a backend takes connections again below max_connections',
};

const isFlag = (flag: string): boolean => ipvsSchedulerFlags.some((word) => word === flag);

const integer = (text: string | undefined): number | null => (/^[0-9]{1,10}$/u.test(text ?? '') ? Number(text) : null);

function reachedBy({ options }: Command): {
  readonly reached: Reached | null;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
} {
  const mark = integer(options.get('-f'));
  if (mark !== null) return { reached: { kind: 'fwmark', mark, isIPv6: options.has('-6') }, protocol: 'tcp' };
  const [option, protocol] = protocols.find(([each]) => options.has(each)) ?? protocols[0];
  const place = endpointOf(options.get(option) ?? '');
  return { reached: place === null ? null : { kind: 'address', ...place }, protocol };
}

function endpointOf(text: string): { readonly address: string; readonly port: number } | null {
  const [, inside, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/u.exec(text) ?? [];
  const address = inside ?? plain ?? '';
  const port = Number(digits);
  return familyOf(address) !== null && port >= 1 && port <= 65_535 ? { address, port } : null;
}

function tunnelOf(options: ReadonlyMap<string, string>): Backend['tunnel'] {
  const type = (['ipip', 'gue', 'gre'] as const).find((word) => word === options.get('--tun-type'));
  const port = integer(options.get('--tun-port'));
  return type === undefined ? null : { type, ...(port === null ? {} : { port }) };
}
