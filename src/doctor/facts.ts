/** Everything that the probes look at, read by `src/doctor/reading/`. */
import type { Family } from '../model/ip-address.js';
import type { Interface } from '../os/netlink/interface-table.js';
import type { Capability } from '../os/process/capability.js';
import type { Overheard } from '../wire/vrrp/overheard.js';
import type { Chain } from './firewall/ruleset.js';

export type Facts = {
  /** The configuration's file; null without one. */
  readonly file: string | null;
  readonly versions: { readonly node: string; readonly kernel: string };
  readonly rights: Rights;
  readonly modules: Modules;
  /** By their names, such as `net.ipv4.ip_forward`; an interface's dots are slashes there, as in sysctl(8). */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly memory: Memory;
  readonly links: readonly Interface[];
  /** Other programs that do the same work, in this network namespace. */
  readonly programs: readonly Program[];
  /** Users that the configuration names and that this host does not have. */
  readonly missingUsers: readonly string[];
  readonly stateDir: { readonly path: string; readonly problem: DirectoryProblem } | null;
  /** What cannot be listened on. */
  readonly blockedListeners: readonly BlockedListener[];
  readonly firewall: readonly Chain[];
  readonly heard: readonly HeardAdvert[];
  /** Who else says that an address is his. */
  readonly claims: readonly Claim[];
  /** What could not be looked at. */
  readonly unread: readonly Unread[];
};

export type Rights = {
  readonly uid: number;
  readonly gids: readonly number[];
  readonly capabilities: ReadonlySet<Capability>;
  /** Infinity = unlimited. */
  readonly limits: { readonly rtprio: number; readonly memlock: number; readonly nofile: number };
};
export type Modules = {
  /** Loaded, or a part of the kernel. */
  readonly present: ReadonlySet<string>;
  /** On the disk. */
  readonly available: ReadonlySet<string>;
  /** IPVS answers in this network namespace. */
  readonly ipvs: boolean;
};
export type Clock = {
  readonly source: string | null;
  readonly available: readonly string[];
  /** The part of its time that the hypervisor took from this machine while it was watched; null = it was not. */
  readonly stolen: number | null;
};
/** `swapAllowed`: this process's memory may be swapped out. */
export type Memory = { readonly swapBytes: number; readonly swapAllowed: boolean };
export type Program = { readonly pid: number; readonly name: string; readonly unit: string | null };
/** An errno name, or what is there instead of a directory. */
export type DirectoryProblem = string;
export type BlockedListener = {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  /** An errno name. */
  readonly code: string;
  readonly holder: Program | null;
};
export type HeardAdvert = Overheard & { readonly interface: string; readonly hardware: string };
export type Claim = {
  readonly interface: string;
  readonly family: Family;
  readonly address: string;
  readonly hardware: string;
};
export type Unread = { readonly what: string; readonly why: string; readonly command: string };
