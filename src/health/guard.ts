import { type Redaction, redactionOf } from '../wire/secrets/redaction.js';
import { secretsOfUrl } from '../wire/secrets/secret-fields.js';
import { ComponentHealth, type HealthCheck } from './component.js';
import { errorText } from './error-text.js';
import type { Timing } from './timing.js';

/** `Health check timed out after 2s` */
export const timeoutMessage = (timeoutMs: number): string =>
  `Health check timed out after ${timeoutMs % 1000 === 0 ? `${timeoutMs / 1000}s` : `${timeoutMs}ms`}`;

/**
 * Makes a check safe to call: it answers within the limit, whatever the check does, and never rejects. A call that
 * outlives its limit is waited for before the next begins, so a hung component costs one pending call, not one per request.
 */
export function guard(check: HealthCheck, timeoutMs: number, timing: Timing): () => Promise<ComponentHealth> {
  let running: Promise<void> | null = null;
  const secrets = redactionOfCheck(check);

  async function attempt(signal: AbortSignal, startedMs: number): Promise<ComponentHealth> {
    while (running !== null) await running;
    signal.throwIfAborted();
    const answer = Promise.resolve().then(() => check.check(signal));
    running = answer.then(noop, noop).then(() => {
      running = null;
    });
    return readAnswer(check, secrets, await answer, wholeMs(timing.now() - startedMs));
  }

  return () =>
    new Promise((resolve) => {
      const startedMs = timing.now();
      const controller = new AbortController();
      const message = timeoutMessage(timeoutMs);
      const stopTimer = timing.after(timeoutMs, () => {
        resolve(ComponentHealth.unhealthy(check.name, timeoutMs, check.critical, message));
        controller.abort(new Error(message));
      });
      attempt(controller.signal, startedMs)
        .catch((error: unknown) =>
          ComponentHealth.unhealthy(
            check.name,
            wholeMs(timing.now() - startedMs),
            check.critical,
            errorText(error, secrets),
          ),
        )
        .then((health) => {
          stopTimer();
          resolve(health);
        });
    });
}

const noop = (): void => undefined;
const wholeMs = (ms: number): number => Math.max(0, Math.floor(ms));

/** Takes a custom check at its word for state, message and latency; its name and weight are those it was added with. */
function readAnswer(check: HealthCheck, secrets: Redaction, answer: unknown, measuredMs: number): ComponentHealth {
  if (answer === undefined) return ComponentHealth.healthy(check.name, measuredMs, check.critical);
  const { status, latency_ms, message } = (answer ?? {}) as Partial<ComponentHealth>;
  const latencyMs = typeof latency_ms === 'number' && latency_ms >= 0 ? wholeMs(latency_ms) : measuredMs;
  switch (status) {
    case 'healthy':
      return ComponentHealth.healthy(check.name, latencyMs, check.critical);
    case 'degraded':
    case 'unhealthy':
      return ComponentHealth[status](
        check.name,
        latencyMs,
        check.critical,
        errorText(message ?? `is ${status}`, secrets),
      );
    default:
      return ComponentHealth.unhealthy(
        check.name,
        latencyMs,
        check.critical,
        'the check answered with something that is not a ComponentHealth',
      );
  }
}

/** A URL that is named as a secret hides what is secret in it. */
function redactionOfCheck({ secrets = [] }: HealthCheck): Redaction {
  const inUrls = secrets.filter((text) => URL.canParse(text)).map(secretsOfUrl);
  return redactionOf({
    everywhere: new Set([...secrets, ...inUrls.flatMap(({ everywhere }) => [...everywhere])]),
    nearby: new Set(inUrls.flatMap(({ nearby }) => [...nearby])),
  });
}
