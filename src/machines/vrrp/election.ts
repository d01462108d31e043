/**
 * What decides an instance's part in the election: one list of judges, each of which may change its priority or keep it from
 * running. What a person asks for once (`failover`) is an event of the router instead. Pure.
 */
import type { VrrpInstanceConfig, VrrpTrack } from '../../model/config.js';
import { OWNER_PRIORITY } from '../../wire/vrrp/advert.js';
import { judgeTracks, type TrackFacts } from './tracking.js';
import { advertFamily } from './virtual-addresses.js';

export type ElectionFacts = {
  readonly config: VrrpInstanceConfig;
  /** What it tracks: `tracksOf`. */
  readonly tracks: readonly VrrpTrack[];
  /** The instance's own interface; null while it is missing. */
  readonly link: { readonly up: boolean; readonly running: boolean } | null;
  /** There is an address to send adverts from. */
  readonly hasSource: boolean;
  /** Even an owner of the addresses waits then, as a backup does. */
  readonly inMaintenance: boolean;
  /** Why there is no socket to send them with; null = there is one. */
  readonly socketProblem: string | null;
  /** Why the interface with the virtual MAC address cannot be used; null = it can, or there is none. */
  readonly vmacProblem: string | null;
} & TrackFacts;

export type Verdict = {
  /** What is added to the configured priority. */
  readonly priority: number;
  /** Why the instance cannot run; empty = it can. */
  readonly faults: readonly string[];
};

/** Another fact of the election is another line here. */
const judges: readonly ((facts: ElectionFacts) => Verdict)[] = [judgeInterface, judgeTracked];

const LOWEST = 1;
const HIGHEST = OWNER_PRIORITY - 1;

/** `priority` is the one to advertise: 1-254, and always 255 of an address owner (RFC 9568 section 5.2.4). */
export function judge(facts: ElectionFacts): Verdict {
  const verdicts = judges.map((each) => each(facts));
  const configured = facts.config.priority;
  const isOwner = configured === OWNER_PRIORITY && !facts.inMaintenance;
  const sum = verdicts.reduce((total, verdict) => total + verdict.priority, configured);
  return {
    priority: isOwner ? OWNER_PRIORITY : Math.min(HIGHEST, Math.max(LOWEST, sum)),
    faults: verdicts.flatMap(({ faults }) => faults),
  };
}

/** Where the instance stands on the network. */
function judgeInterface({ config, link, hasSource, socketProblem, vmacProblem }: ElectionFacts): Verdict {
  const name = `interface ${config.interface}`;
  const fault = (why: string): Verdict => ({ priority: 0, faults: [why] });
  if (link === null) return fault(`${name} is missing`);
  if (!link.up) return fault(`${name} is down`);
  if (!link.running) return fault(`${name} has no carrier`);
  if (hasSource) {
    const problem = vmacProblem ?? socketProblem;
    return { priority: 0, faults: problem === null ? [] : [problem] };
  }
  if (config.source !== null) return fault(`no interface has the source address ${config.source}`);
  return fault(`${name} has no ${advertFamily(config) === 'ipv4' ? 'IPv4' : 'link-local IPv6'} address to send from`);
}

/** What it tracks. */
function judgeTracked(facts: ElectionFacts): Verdict {
  const verdicts = judgeTracks(facts.tracks, facts);
  return {
    priority: verdicts.reduce((total, { priority }) => total + priority, 0),
    faults: verdicts.flatMap(({ fault }) => fault ?? []),
  };
}
