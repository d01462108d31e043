/**
 * Signs what an instance sends, and looks at what it hears, where its adverts carry an HMAC. An HMAC takes microseconds and makes
 * some objects: what is sent at a deadline is signed when the one before has left, with the time of that deadline.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { isFresh, isNearlyStale, ReplayGuard, SendSequence } from '../../../machines/vrrp/replay.js';
import type { VrrpAuthentication, VrrpInstanceConfig } from '../../../model/config.js';
import { NS_PER_S } from '../../../model/units.js';
import type { PreciseClock } from '../../../os/clock/precise-clock.js';
import type { PacketRecord } from '../../../os/packets/receive-ring.js';
import { MAX_ADVERT_BYTES, NO_TRAILER, type Verdict } from '../../../wire/vrrp/advert.js';
import { keyBytes } from '../../../wire/vrrp/hmac-key.js';
import { ipHeaderLength, sealIpv6 } from '../../../wire/vrrp/packet.js';
import {
  hasHmac,
  readTrailer,
  signedLength,
  TRAILER_BYTES,
  type TrailerRecord,
  writeHmac,
  writeSigned,
  writeTrailer,
} from '../../../wire/vrrp/trailer.js';
import type { Outgoing } from '../instance/packets.js';

type HmacConfig = Extract<VrrpAuthentication, { type: 'hmac' }>;

/** Of so many nodes the last adverts are remembered: no virtual router has as many. */
const MOST_SENDERS = 64;
/** Where no window is configured: so many intervals, within these bounds (as keepalived). */
const WINDOW_INTERVALS = 3;
const LEAST_WINDOW_S = 5;
const MOST_WINDOW_S = 300;
/** The wall clock was set since an advert was signed in advance, or this thread was held up: it is signed anew. */
const TOLERANCE_NS = NS_PER_S;
/** 1/2^16 s, as fractions are told. */
const FRACTIONS = 65_536;

export class HmacAuthentication {
  readonly #clock: PreciseClock;
  readonly #sequence = new SendSequence();
  readonly #trailer: TrailerRecord = { keyId: 0, seconds: 0, ticks: 0 };
  readonly #signed = new Uint8Array(signedLength(MAX_ADVERT_BYTES));
  readonly #guard = new ReplayGuard(MOST_SENDERS);
  #config: HmacConfig | null = null;
  #keys = new Map<number, KeyObject>();
  #windowS: number | null = null;
  /** By the wall clock: for when the packets are signed. */
  #signedForNs = 0;
  /** Of the last advert that was looked at. */
  isProven = false;
  isNearlyStale = false;

  constructor(clock: PreciseClock) {
    this.#clock = clock;
  }

  /** What was sent and heard before still counts. */
  configure({ authentication, advertIntervalNs }: VrrpInstanceConfig): void {
    const config = authentication?.type === 'hmac' ? authentication : null;
    this.#config = config;
    this.#keys = new Map(
      Object.entries(config?.keys ?? {}).flatMap(([id, text]) => {
        const bytes = keyBytes(text);
        return bytes === null ? [] : [[Number(id), createSecretKey(bytes)] as const];
      }),
    );
    const usualS = Math.max(LEAST_WINDOW_S, (WINDOW_INTERVALS * advertIntervalNs) / NS_PER_S);
    const windowNs = config?.timeWindowNs ?? Math.min(MOST_WINDOW_S, Math.floor(usualS)) * NS_PER_S;
    this.#windowS = config?.antiReplay === 'time' ? windowNs / NS_PER_S : null;
  }

  /** What is sent has a trailer. */
  get signs(): boolean {
    return this.#config !== null && this.#config.mode !== 'receive-only';
  }

  /** Signs one advert, for all its destinations. `atNs`: when it leaves, on the monotonic clock. */
  sign(outgoing: readonly Outgoing[], what: 'advert' | 'resignation', atNs: number): void {
    const key = this.#keys.get(this.#config?.active ?? 0);
    if (key === undefined || this.#config === null) return;
    const wallNs = Math.floor(this.#clock.realtime() + (atNs - this.#clock.now()));
    this.#signedForNs = wallNs;
    const fraction = Math.floor(((wallNs % NS_PER_S) * FRACTIONS) / NS_PER_S);
    this.#sequence.plan(this.#secondsOf(wallNs), (fraction << 16) >>> 0, this.#windowS);
    let digest: Uint8Array | null = null;
    for (const to of outgoing) {
      const packet = to[what];
      const trailerAt = packet.length - TRAILER_BYTES;
      writeTrailer(packet, trailerAt, this.#config.active, this.#sequence.planned);
      // The addresses end the IP header, the source first.
      const ipv6 = (packet[0] as number) >> 4 === 6;
      const from = ipHeaderLength(ipv6 ? 'ipv6' : 'ipv4');
      const size = ipv6 ? 16 : 4;
      digest ??= this.#digest(key, packet.subarray(from - 2 * size, from - size), packet, from, packet.length);
      writeHmac(packet, trailerAt, digest);
      if (ipv6) sealIpv6(packet);
    }
  }

  /** Whether what was signed in advance can leave now. */
  get isTimely(): boolean {
    return Math.abs(this.#clock.realtime() - this.#signedForNs) <= TOLERANCE_NS;
  }

  /** What was signed last has left. */
  sent(): void {
    this.#sequence.sent();
  }

  /** Of a message that is right otherwise. */
  verify({ bytes, from, to, source }: PacketRecord, trailerAt: number): Verdict {
    const config = this.#config;
    this.isProven = false;
    this.isNearlyStale = false;
    if (config === null) return 'accepted';
    if (trailerAt === NO_TRAILER) return config.mode === 'enforce' ? 'unauthenticated' : 'accepted';
    const trailer = this.#trailer;
    if (!readTrailer(bytes, trailerAt, trailer)) return 'trailer';
    const nowS = this.#secondsOf(this.#clock.realtime());
    const windowS = this.#windowS;
    // Before the HMAC, so that old adverts by the thousand cost little.
    if (windowS !== null && !isFresh(trailer.seconds, nowS, windowS)) return 'stale';
    const key = this.#keys.get(trailer.keyId);
    if (key === undefined) return 'key';
    if (!hasHmac(bytes, trailerAt, this.#digest(key, source, bytes, from, to))) return 'hmac';
    if (!this.#guard.accepts(source, trailer, nowS, windowS)) return 'replay';
    this.isProven = true;
    this.isNearlyStale = windowS !== null && isNearlyStale(trailer.seconds, nowS, windowS);
    return 'accepted';
  }

  #digest(key: KeyObject, source: Uint8Array, bytes: Uint8Array, from: number, to: number): Uint8Array {
    writeSigned(this.#signed, source, bytes, from, to);
    return createHmac('sha256', key)
      .update(this.#signed.subarray(0, signedLength(to - from)))
      .digest();
  }

  #secondsOf(wallNs: number): number {
    return (this.#clock.realtimeBaseS + Math.floor(wallNs / NS_PER_S)) >>> 0;
  }
}
