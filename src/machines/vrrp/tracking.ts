/** What tracked interfaces and services do to an instance: they change its priority, or put it in fault. Pure. */
import type { VrrpInstanceConfig, VrrpTrack } from '../../model/config.js';
import { OWNER_PRIORITY } from '../../wire/vrrp/advert.js';

/** How things stand; null = nobody has told yet, which counts as down: a node that does not know is not ready to serve. */
export type TrackedState = {
  interfaceRunning(name: string): boolean | null;
  serviceHealthy(name: string): boolean | null;
};

export type TrackVerdict = {
  /** 1-254 after all weights; an address owner keeps 255 (RFC 9568 section 5.2.4). */
  readonly priority: number;
  /** Why the instance cannot run; empty = it can. */
  readonly faults: readonly string[];
};

const LOWEST = 1;
const HIGHEST = OWNER_PRIORITY - 1;

/** A positive weight is added while its thing is up, a negative one while it is down, as in keepalived. */
export function judgeTracks(config: Pick<VrrpInstanceConfig, 'priority' | 'track'>, state: TrackedState): TrackVerdict {
  let priority = config.priority;
  const faults: string[] = [];
  for (const track of config.track) {
    const up = isUp(track, state);
    if (track.weight === null) {
      if (up !== true) faults.push(faultText(track, up));
    } else if (up === true ? track.weight > 0 : track.weight < 0) {
      priority += track.weight;
    }
  }
  const owner = config.priority === OWNER_PRIORITY;
  return { priority: owner ? OWNER_PRIORITY : Math.min(HIGHEST, Math.max(LOWEST, priority)), faults };
}

const isUp = (track: VrrpTrack, state: TrackedState): boolean | null =>
  track.kind === 'interface' ? state.interfaceRunning(track.interface) : state.serviceHealthy(track.service);

function faultText(track: VrrpTrack, up: boolean | null): string {
  if (track.kind === 'interface') {
    return `tracked interface ${track.interface} is ${up === null ? 'missing' : 'down'}`;
  }
  return up === null
    ? `the health of tracked service ${track.service} is not known yet`
    : `tracked service ${track.service} is not healthy`;
}
