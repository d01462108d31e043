/** All probes, in the order of their findings: a line each. */
import type { Probe } from './finding.js';
import { clock } from './probes/host/clock.js';
import { limits } from './probes/host/limits.js';
import { listeners } from './probes/host/listeners.js';
import { memory } from './probes/host/memory.js';
import { programs } from './probes/host/programs.js';
import { rights } from './probes/host/rights.js';
import { stateDir } from './probes/host/state-dir.js';
import { unread } from './probes/host/unread.js';
import { users } from './probes/host/users.js';
import { versions } from './probes/host/versions.js';
import { arp } from './probes/network/arp.js';
import { conntrack } from './probes/network/conntrack.js';
import { directReturn } from './probes/network/direct-return.js';
import { duplicates } from './probes/network/duplicates.js';
import { firewall } from './probes/network/firewall.js';
import { forwarding } from './probes/network/forwarding.js';
import { interfaces } from './probes/network/interfaces.js';
import { ipvs, ipvsConntrack } from './probes/network/ipvs.js';
import { ping } from './probes/network/ping.js';
import { rpFilter } from './probes/network/rp-filter.js';
import { virtualMacs } from './probes/network/virtual-macs.js';
import { vrids } from './probes/network/vrids.js';

export const probes = {
  versions,
  programs,
  interfaces,
  virtual_macs: virtualMacs,
  vrids,
  duplicates,
  firewall,
  rights,
  ipvs,
  ipvs_conntrack: ipvsConntrack,
  forwarding,
  rp_filter: rpFilter,
  arp,
  direct_return: directReturn,
  ping,
  conntrack,
  listeners,
  state_dir: stateDir,
  users,
  limits,
  memory,
  clock,
  unread,
} as const satisfies Readonly<Record<string, Probe>>;
