/** seesaw.healthcheck.HealthCheckService: probes for whoever asks, beside those of the configuration. */
import { status } from '@grpc/grpc-js';
import { ZodError } from 'zod';
import type { TargetStatus } from '../../../wire/links/targets.js';
import { coalescing, unary } from './calls.js';
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
import type { CheckSet, CheckSubscriptions } from './subscriptions.js';

/** Each stream holds memory and a place in the fan-out of every shared result. */
const MAX_STREAMS = 64;
/** Of one stream, and of UpdateConfig: what one monitor thread can probe. */
const MAX_CHECKS = 20_000;
/** A ConfigUpdate of 20,000 checks has about 2 MB. */
const MAX_UPDATE_BYTES = 8 * 1024 * 1024;
/** One check: what it sends and expects, of 64 KB each, and some headers. */
const MAX_CHECK_BYTES = 256 * 1024;

export class HealthcheckService {
  readonly #subscriptions: CheckSubscriptions;
  readonly #streams = new Set<(result: CheckResult) => void>();
  /** UpdateConfig's, and their newest results for streams that come later. */
  readonly #shared: CheckSet;
  readonly #newest = new Map<string, CheckResult>();

  constructor(subscriptions: CheckSubscriptions) {
    this.#subscriptions = subscriptions;
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
      UpdateConfig: unary({ change: true, maxMessageBytes: MAX_UPDATE_BYTES }, configUpdateMessage, ({ configs }) =>
        this.#update(configs),
      ),
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
      const problem = takeMessage(own, message);
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

  #update(configs: readonly CheckMessage[]): object {
    const wanted = new Map<string, ReturnType<typeof probeOf>>();
    const refused: { id: string; message: string }[] = [];
    for (const config of configs) {
      const problem = wanted.has(config.id)
        ? 'this id comes twice'
        : wanted.size >= MAX_CHECKS
          ? `more than ${MAX_CHECKS} checks`
          : tryProbe(config, (spec) => wanted.set(config.id, spec));
      if (problem !== null) refused.push({ id: config.id, message: problem });
    }
    const gone = this.#shared.ids().filter((id) => !wanted.has(id));
    this.#shared.remove(gone);
    for (const id of gone) this.#newest.delete(id);
    this.#shared.put(Array.from(wanted, ([id, spec]) => ({ id, spec })));
    return { accepted: wanted.size, refused };
  }
}

/** Null, or what is wrong. */
function takeMessage(own: CheckSet, message: unknown): CheckResult | null {
  const parsed = checkMessage.safeParse(message);
  if (!parsed.success) return errorResult('0', 'a CheckConfig is expected');
  const config = parsed.data;
  if (config.remove) {
    own.remove([config.id]);
    return null;
  }
  if (own.size >= MAX_CHECKS && !own.has(config.id)) return errorResult(config.id, `more than ${MAX_CHECKS} checks`);
  const problem = tryProbe(config, (spec) => own.put([{ id: config.id, spec }]));
  return problem === null ? null : errorResult(config.id, problem);
}

function tryProbe(config: CheckMessage, take: (spec: ReturnType<typeof probeOf>) => void): string | null {
  try {
    take(probeOf(config));
    return null;
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return error.issues.map(({ path, message }) => `${path.join('.') || 'check'}: ${message}`).join('; ');
  }
}
