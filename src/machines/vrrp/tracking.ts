/**
 * What a tracked thing adds to an instance's priority, or whether it keeps it from running: keepalived's rules. Pure.
 *
 * A positive weight is added while the thing is up, a negative one while it is down. Without a weight (or with 0) the instance
 * cannot run while it is down. `reverse` exchanges up and down where there is no weight, and turns the sign of what is added.
 */
import type { SyncGroupConfig, TrackedKind, VrrpInstanceConfig, VrrpTrack } from '../../model/config.js';

/** What the actor `trackers` told of a script, a process or a file. `value`: of a file, its number; else 0. */
export type TrackedFact = { readonly up: boolean; readonly value: number; readonly why: string };

export type TrackFacts = {
  /** Null = nobody has told yet, which counts as down: a node that does not know is not ready to serve. */
  interfaceRunning(name: string): boolean | null;
  serviceHealthy(name: string): boolean | null;
  tracked(kind: TrackedKind, name: string): TrackedFact | null;
};

export type TrackVerdict = {
  readonly kind: VrrpTrack['kind'];
  readonly name: string;
  /** Null: not known yet. */
  readonly up: boolean | null;
  /** What it adds to the priority now. */
  readonly priority: number;
  /** Why the instance cannot run because of it; null = it can. */
  readonly fault: string | null;
  /** How it stands. */
  readonly why: string;
};

/** keepalived's bounds of what a file may add: from here on down it is a fault, and no more than this is added. */
const FILE_FAULT = -254;
const MOST_ADDED = 253;

/** Of a member of a sync group its own weights count for nothing, as in keepalived: all members have to agree who is better. */
export const tracksOf = ({ track }: VrrpInstanceConfig, group: SyncGroupConfig | null): readonly VrrpTrack[] =>
  group === null ? track : [...track.filter(({ weight }) => !weight), ...group.track];

export const judgeTracks = (tracks: readonly VrrpTrack[], facts: TrackFacts): readonly TrackVerdict[] =>
  tracks.map((track) => (track.kind === 'file' ? judgeFile(track, facts) : judgeThing(track, facts)));

type Thing = Exclude<VrrpTrack, { kind: 'file' }>;
type Standing = { readonly name: string; readonly up: boolean | null; readonly why: string };

function judgeThing(track: Thing, facts: TrackFacts): TrackVerdict {
  const { name, up, why } = standingOf(track, facts);
  const { kind, reverse } = track;
  const verdict = { kind, name, up, why };
  if (!track.weight) {
    const fault = up === null || up === reverse;
    return { ...verdict, priority: 0, fault: fault ? faultText(kind, name, up, why) : null };
  }
  const counts = up === true ? track.weight > 0 : track.weight < 0;
  return { ...verdict, priority: counts ? signed(track.weight, reverse) : 0, fault: null };
}

/** Another kind of thing to track is another case here. */
function standingOf(track: Thing, facts: TrackFacts): Standing {
  switch (track.kind) {
    case 'interface': {
      const up = facts.interfaceRunning(track.interface);
      return { name: track.interface, up, why: up === null ? 'missing' : up ? 'up' : 'down' };
    }
    case 'service': {
      const up = facts.serviceHealthy(track.service);
      return { name: track.service, up, why: up === null ? NOT_KNOWN : up ? 'healthy' : 'not healthy' };
    }
    case 'script':
      return { name: track.script, ...told(facts.tracked('script', track.script)) };
    case 'process':
      return { name: track.process, ...told(facts.tracked('process', track.process)) };
    default:
      return track satisfies never;
  }
}

const NOT_KNOWN = 'not known yet';
const told = (fact: TrackedFact | null): Omit<Standing, 'name'> => fact ?? { up: null, why: NOT_KNOWN };

function faultText(kind: TrackVerdict['kind'], name: string, up: boolean | null, why: string): string {
  const what = `tracked ${kind} ${name}`;
  if (kind === 'service' && up === null) return `the health of ${what} is not known yet`;
  if (kind === 'interface' || kind === 'service') return `${what} is ${why}`;
  return up === null ? `the state of ${what} is not known yet` : `${what}: ${why}`;
}

function judgeFile(track: Extract<VrrpTrack, { kind: 'file' }>, facts: TrackFacts): TrackVerdict {
  const { file: name, weight } = track;
  const fact = facts.tracked('file', name);
  const verdict = { kind: track.kind, name, up: fact?.up ?? null, why: fact?.why ?? NOT_KNOWN };
  if (fact === null) return { ...verdict, priority: 0, fault: faultText('file', name, null, NOT_KNOWN) };
  const fault = `tracked file ${name}: ${fact.why}`;
  if (weight === 0) return { ...verdict, priority: 0, fault: (fact.value !== 0) === track.reverse ? null : fault };
  const added = signed(fact.value * weight, track.reverse);
  if (added <= FILE_FAULT) return { ...verdict, priority: 0, fault: `${fault}, times the weight ${weight}` };
  return { ...verdict, priority: Math.min(added, MOST_ADDED), fault: null };
}

/** Such as `script chk -20 (exited with 1)`. */
export const priorityText = (tracks: readonly Pick<TrackVerdict, 'kind' | 'name' | 'priority' | 'why'>[]): string =>
  tracks
    .filter(({ priority }) => priority !== 0)
    .map(({ kind, name, priority, why }) => `${kind} ${name} ${priority > 0 ? '+' : ''}${priority} (${why})`)
    .join(', ') || 'as configured';

/** Never -0. */
const signed = (weight: number, reverse: boolean): number => (reverse ? -weight : weight) + 0;
