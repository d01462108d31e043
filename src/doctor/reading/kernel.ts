/** Modules and settings of the kernel. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Facts, Modules } from '../facts.js';
import { quietly, textOf } from './quietly.js';

export function readModules(): Modules {
  const folder = `/lib/modules/${release()}`;
  const loaded = linesOf('/proc/modules').map((line) => line.split(' ', 1)[0] ?? '');
  return {
    present: new Set([...loaded, ...linesOf(`${folder}/modules.builtin`).map(moduleOf)]),
    available: new Set(linesOf(`${folder}/modules.dep`).map(moduleOf)),
    ipvs: existsSync('/proc/net/ip_vs'),
  };
}

/** `kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz: ...`; a module's name has no dash. */
const moduleOf = (line: string): string => (/([^/]+)\.ko(?:\.\w+)?(?::|$)/.exec(line)?.[1] ?? '').replaceAll('-', '_');

const linesOf = (path: string): readonly string[] => quietly(() => readFileSync(path, 'utf8'), '').split('\n');

const settings = [
  'net.ipv4.ip_forward',
  'net.ipv4.ip_nonlocal_bind',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.vs.conntrack',
  'net.ipv4.vs.expire_nodest_conn',
  'net.ipv6.conf.all.forwarding',
  'net.netfilter.nf_conntrack_buckets',
  'net.netfilter.nf_conntrack_count',
  'net.netfilter.nf_conntrack_max',
];
const ofInterfaces = ['accept_local', 'arp_announce', 'arp_filter', 'arp_ignore', 'rp_filter'];
const INTERFACES = '/proc/sys/net/ipv4/conf';

export function readSysctls(): Facts['sysctls'] {
  const values = new Map<string, string>();
  const read = (name: string, path: string): void => {
    const value = textOf(path);
    if (value !== null) values.set(name, value);
  };
  for (const name of settings) read(name, `/proc/sys/${name.replaceAll('.', '/')}`);
  for (const link of quietly(() => readdirSync(INTERFACES), [])) {
    for (const setting of ofInterfaces) {
      read(`net.ipv4.conf.${link.replaceAll('.', '/')}.${setting}`, `${INTERFACES}/${link}/${setting}`);
    }
  }
  return values;
}
