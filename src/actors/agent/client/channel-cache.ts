import type { Verdict } from '../answer.js';
import { type AgentRequest, requestKey } from '../request-line.js';
import { Channel, type ChannelContext } from './channel.js';

/** Backends of one HAProxy are at most some thousands; each channel costs about 40 KB while its session is open. */
export const MAX_CHANNELS = 10_000;
/** HAProxy asks every few seconds: what nobody asked for so long is configured nowhere. */
export const IDLE_MS = 5 * 60_000;

/** The channels by what they check, least recently used first. */
export class ChannelCache {
  readonly #context: ChannelContext;
  readonly #onSize: (size: number) => void;
  readonly #maxChannels: number;
  readonly #channels = new Map<string, Channel>();

  /** `onSize` hears each change of the number of channels. */
  constructor(context: ChannelContext, onSize: (size: number) => void, maxChannels: number = MAX_CHANNELS) {
    this.#context = context;
    this.#onSize = onSize;
    this.#maxChannels = maxChannels;
    onSize(0);
  }

  get size(): number {
    return this.#channels.size;
  }

  check(request: AgentRequest, done: (verdict: Verdict) => void): void {
    const key = requestKey(request);
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      if (this.#channels.size >= this.#maxChannels && !this.#dropOldest()) {
        const reason = `${this.#channels.size} backends are being checked: no room for another`;
        setImmediate(done, { kind: 'error', errorType: 'unknown', reason });
        return;
      }
      channel = new Channel(request, this.#context);
      this.#channels.set(key, channel);
      this.#onSize(this.#channels.size);
    } else {
      // A Map keeps the order of insertion: the newest is last.
      this.#channels.delete(key);
      this.#channels.set(key, channel);
    }
    channel.check(done);
  }

  /** Closes what has been idle for `IDLE_MS`. */
  sweep(): void {
    const limitMs = this.#context.nowMs() - IDLE_MS;
    for (const [key, channel] of this.#channels) {
      if (channel.usedMs > limitMs) return;
      if (!channel.busy) this.#drop(key, channel);
    }
  }

  close(): void {
    for (const [key, channel] of this.#channels) this.#drop(key, channel);
  }

  #dropOldest(): boolean {
    for (const [key, channel] of this.#channels) {
      if (channel.busy) continue;
      this.#drop(key, channel);
      return true;
    }
    return false;
  }

  #drop(key: string, channel: Channel): void {
    this.#channels.delete(key);
    this.#onSize(this.#channels.size);
    channel.close();
  }
}
