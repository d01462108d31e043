/**
 * Heartbeats of all actors in one shared array: an actor writes the time, the supervisor reads it, nobody sends anything.
 * A frozen thread (an endless loop) stops writing.
 */
import type { Clock } from '../../model/units.js';
import { NS_PER_MS } from '../../model/units.js';

/** Actors alive at once; a slot is taken again when its actor is gone. */
export const HEARTBEAT_SLOTS = 512;
/** A tenth of the shortest deadline, so that one late beat means nothing. */
export const HEARTBEAT_PERIOD_MS = 100;

export type Heartbeats = Int32Array<SharedArrayBuffer>;

/** Where an actor writes. */
export type Heartbeat = { readonly beats: Heartbeats; readonly slot: number };

export const createHeartbeats = (): Heartbeats =>
  new Int32Array(new SharedArrayBuffer(HEARTBEAT_SLOTS * Int32Array.BYTES_PER_ELEMENT));

// Milliseconds wrap at 32 bits after 24 days: only differences are read.
const milliseconds = (now: Clock): number => Math.floor(now() / NS_PER_MS) | 0;

export function beat({ beats, slot }: Heartbeat, now: Clock): void {
  Atomics.store(beats, slot, milliseconds(now));
}

/** How long ago the slot was written. */
export function silenceMs(heartbeats: Heartbeats, slot: number, now: Clock): number {
  return (milliseconds(now) - Atomics.load(heartbeats, slot)) | 0;
}
