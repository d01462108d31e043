/** seesaw.healthcheck.HealthCheckService: probes for whoever asks, beside those of the configuration. */
import { status } from '@grpc/grpc-js';
import { ZodError } from 'zod';
import type { ProbeSpec } from '../../../model/probe.js';
import type { TargetStatus } from '../../../wire/links/targets.js';
import { coalescing, sliced } from './calls.js';
import {
  type CheckMessage,
  type CheckResult,
  checkMessage,
  configUpdateMessage,
  errorResult,
  probeOf,
  resultOf,
} from './check-messages.js';
import { GrpcRefusal } from './refusal.js';
import type { Handlers, TwoWayStream } from './server/handlers.js';
import { type CheckSet, type CheckSubscriptions, payloadBytes } from './subscriptions.js';

/** Each stream holds memory and a place in the fan-out of every shared result. */
const MAX_STREAMS = 64;
/** Of one stream, and of UpdateConfig: what one monitor thread can probe. */
const MAX_CHECKS = 20_000;
/** Of all streams and UpdateConfig together: what a node is measured with, and what they send and expect in three threads. */
const ALL_CHECKS: CheckLimits = { checks: 100_000, bytes: 32 * 1024 * 1024 };
export type CheckLimits = { readonly checks: number; readonly bytes: number };
/** A ConfigUpdate of 20,000 checks has about 2 MB. */
const MAX_UPDATE_BYTES = 8 * 1024 * 1024;
/** One check: what it sends and expects, of 64 KB each, and some headers. */
const MAX_CHECK_BYTES = 256 * 1024;

export class HealthcheckService {
  readonly #subscriptions: CheckSubscriptions;
  readonly #limits: CheckLimits;
  readonly #streams = new Set<(result: CheckResult) => void>();
  /** UpdateConfig's, and their newest results for streams that come later. */
  readonly #shared: CheckSet;
  readonly #newest = new Map<string, CheckResult>();
  #updating: Promise<unknown> = Promise.resolve();

  constructor(subscriptions: CheckSubscriptions, limits = ALL_CHECKS) {
    this.#subscriptions = subscriptions;
    this.#limits = limits;
    this.#shared = subscriptions.openSet((id, now) => this.#tellShared(id, now));
  }

  handlers(): Handlers {
    return {
      StreamChecks: {
        kind: 'two-way',
        change: true,
        maxMessageBytes: MAX_CHECK_BYTES,
        open: (stream) => this.#open(stream),
      },
      UpdateConfig: sliced({ change: true, maxMessageBytes: MAX_UPDATE_BYTES }, configUpdateMessage, (slices) => {
        // One after the other: each replaces what the one before left.
        const update = this.#updating.then(() => this.#update(slices));
        this.#updating = update.catch(() => undefined);
        return update;
      }),
    };
  }

  #open(stream: TwoWayStream): void {
    if (this.#streams.size >= MAX_STREAMS) {
      throw new GrpcRefusal(status.RESOURCE_EXHAUSTED, `${MAX_STREAMS} streams are open already`);
    }
    const send = coalescing<CheckResult>(stream, ({ id }) => id);
    const own = this.#subscriptions.openSet((id, now) => send(resultOf(id, now)));
    this.#streams.add(send);
    for (const result of this.#newest.values()) send(result);
    stream.onMessage((message) => {
      const problem = this.#take(own, message);
      if (problem !== null) send(problem);
    });
    // The client has no more checks to add, but goes on listening: the stream ends with its cancellation.
    stream.onEnd(() => {
      this.#streams.delete(send);
      own.close();
    });
  }

  #tellShared(id: string, now: TargetStatus): void {
    const result = resultOf(id, now);
    this.#newest.set(id, result);
    for (const send of this.#streams) send(result);
  }

  /** Null, or what is wrong. */
  #take(own: CheckSet, message: unknown): CheckResult | null {
    const parsed = checkMessage.safeParse(message);
    if (!parsed.success) return errorResult('0', 'a CheckConfig is expected');
    const config = parsed.data;
    if (config.remove) {
      own.remove([config.id]);
      return null;
    }
    const problem = tryProbe(config, (spec) => {
      const full = this.#fullness(own, own.size + (own.has(config.id) ? 0 : 1), own.bytes + payloadBytes(spec));
      if (full === null) own.put([{ id: config.id, spec }]);
      return full;
    });
    return problem === null ? null : errorResult(config.id, problem);
  }

  /** Whether a set with so much would be too much; null, or what is said about it. */
  #fullness(set: CheckSet, size: number, bytes: number): string | null {
    if (size > MAX_CHECKS) return `more than ${MAX_CHECKS} checks`;
    const others = set.others();
    if (others.size + size > this.#limits.checks) return `more than ${this.#limits.checks} checks of all clients`;
    const limit = `${this.#limits.bytes / 1024 / 1024} MiB`;
    return others.bytes + bytes > this.#limits.bytes ? `all checks send and expect more than ${limit}` : null;
  }

  async #update(slices: AsyncIterable<{ readonly configs: readonly CheckMessage[] }>): Promise<object> {
    const wanted = new Map<string, ProbeSpec>();
    let bytes = 0;
    const refused: { id: string; message: string }[] = [];
    for await (const { configs } of slices) {
      for (const config of configs) {
        const problem = wanted.has(config.id)
          ? 'this id comes twice'
          : tryProbe(config, (spec) => {
              const withIt = bytes + payloadBytes(spec);
              const full = this.#fullness(this.#shared, wanted.size + 1, withIt);
              if (full !== null) return full;
              bytes = withIt;
              wanted.set(config.id, spec);
              return null;
            });
        if (problem !== null) refused.push({ id: config.id, message: problem });
      }
      if (refused.length > MAX_CHECKS) {
        throw new GrpcRefusal(
          status.RESOURCE_EXHAUSTED,
          `more than ${MAX_CHECKS} checks are refused: nothing is changed`,
        );
      }
    }
    const gone = this.#shared.ids().filter((id) => !wanted.has(id));
    this.#shared.remove(gone);
    for (const id of gone) this.#newest.delete(id);
    this.#shared.put(Array.from(wanted, ([id, spec]) => ({ id, spec })));
    return { accepted: wanted.size, refused };
  }
}

/** `take` may refuse it too. */
function tryProbe(config: CheckMessage, take: (spec: ProbeSpec) => string | null): string | null {
  try {
    return take(probeOf(config));
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return error.issues.map(({ path, message }) => `${path.join('.') || 'check'}: ${message}`).join('; ');
  }
}
