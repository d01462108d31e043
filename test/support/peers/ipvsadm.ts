/** ipvsadm, the independent reader and writer of the kernel's table; and our table as its command lines. */
import { execFileSync } from 'node:child_process';
import { netmaskText } from '../../../src/model/dataplane/netmask.js';
import { type Entry, familyOf, type Table, type TableDestination } from '../../../src/model/dataplane/table.js';
import { hostPort } from '../../../src/model/ip-address.js';

/** Runs one command; throws with ipvsadm's words where it fails. */
export const ipvsadm = (commandLine: string): string =>
  execFileSync('ipvsadm', commandLine.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** The kernel's table as `ipvsadm -S -n` saves it, sorted (it lists in the order of the kernel's hash). */
export const savedLines = (): readonly string[] =>
  ipvsadm('-S -n')
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();

/** Runs many commands in one process, as `ipvsadm -R` reads them. */
export const restore = (lines: readonly string[]): void => {
  execFileSync('ipvsadm', ['-R'], { input: `${lines.join('\n')}\n` });
};

/** What ipvsadm should save for a table of ours. */
export const expectedLines = (table: Table): readonly string[] => Array.from(table.values(), linesOf).flat().toSorted();

const serviceOption = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

function linesOf({ service, destinations }: Entry): readonly string[] {
  const { match } = service;
  const which =
    match.kind === 'fwmark'
      ? `-f ${match.fwmark}${match.family === 'ipv6' ? ' -6' : ''}`
      : `${serviceOption[match.protocol]} ${hostPort(match.address, match.port)}`;
  const persistence = service.persistenceNs === null ? '' : ` -p ${service.persistenceNs / 1e9}`;
  const { persistenceNetmask: mask } = service;
  const net = mask === undefined ? '' : ` -M ${netmaskText(mask, familyOf(match)).replace('/', '')}`;
  const onePacket = service.onePacket ? ' -o' : '';
  const flags = service.schedulerFlags.length === 0 ? '' : ` -b ${service.schedulerFlags.join(',')}`;
  return [
    `-A ${which} -s ${service.scheduler}${persistence}${net}${onePacket}${flags}`,
    ...Array.from(destinations.values(), (destination) => `-a ${which} ${destinationOptions(destination)}`),
  ];
}

function destinationOptions({ address, port, weight, forwarding, tunnel }: TableDestination): string {
  const start = `-r ${hostPort(address, port)}`;
  switch (forwarding) {
    case 'nat':
      return `${start} -m -w ${weight}`;
    case 'dsr':
      return `${start} -g -w ${weight}`;
    case 'tun':
      return `${start} -i -w ${weight} ${tunnelOptions(tunnel)}`;
    default:
      return forwarding satisfies never;
  }
}

function tunnelOptions(tunnel: TableDestination['tunnel']): string {
  if (tunnel === null) return '--tun-type ipip';
  switch (tunnel.type) {
    case 'ipip':
      return '--tun-type ipip';
    case 'gue':
      return `--tun-type gue --tun-port ${tunnel.port} --tun-nocsum`;
    case 'gre':
      return '--tun-type gre --tun-nocsum';
    default:
      return tunnel.type satisfies never;
  }
}
