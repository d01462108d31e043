import { isIP } from 'node:net';
import type { CheckConfig } from '../../model/config.js';
import { hostPort } from '../../model/ip-address.js';
import type {
  Checker,
  CheckerContext,
  FailureCause,
  Outcome,
  Phase,
  ProbeOwner,
  ProbeSpec,
  RunningProbe,
} from '../../model/probe.js';
import type { Clock } from '../../model/units.js';
import { ns } from '../../model/units.js';
import { type ProbeResult, resultOfError, unhealthy } from './probe-result.js';

const nothing = (): void => {};

/**
 * One probe under way, as the checkers write it: ends once, says so never before `start` has returned, and frees what it
 * holds whichever way it ends.
 */
export class Probe implements RunningProbe {
  phase: Phase = 'connect';
  /** What a timeout's message should add to the phase. */
  describe: () => string = () => '';
  /** The target, for messages. */
  where: string;
  readonly owner: ProbeOwner;
  readonly #now: Clock;
  readonly #startedNs: number;
  /** All that run in the same checker. */
  readonly #siblings: Set<Probe>;
  #release: () => void = nothing;
  #state: 'starting' | 'running' | 'ended' = 'starting';
  #aborted = false;

  constructor(now: Clock, where: string, siblings: Set<Probe>, owner: ProbeOwner) {
    this.#now = now;
    this.where = where;
    this.owner = owner;
    this.#siblings = siblings;
    this.#startedNs = now();
    siblings.add(this);
  }

  /** Takes the first step. A result of before this returns is delivered after the caller's turn. */
  begin(step: () => void): void {
    this.guard(step);
    if (this.#state === 'starting') this.#state = 'running';
  }

  get remark(): string {
    return this.describe();
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** What to free when the probe ends. It replaces what was held before: that is not freed, but is part of this now. */
  hold(release: () => void): void {
    if (this.ended) release();
    else this.#release = release;
  }

  /** Nothing is held any more: it was handed to somebody else. */
  letGo(): void {
    this.#release = nothing;
  }

  /** The result. Only the first counts. */
  end(ending: ProbeResult): void {
    if (this.ended) return;
    const outcome: Outcome = { ...ending, durationNs: ns(this.#now() - this.#startedNs) };
    const early = this.#state === 'starting';
    this.#free();
    if (early) setImmediate(this.#deliverUnlessAborted, outcome);
    else this.owner.ended(outcome);
  }

  /** The end of a failure that the target is to blame for: its address and the reason. */
  refuse(cause: FailureCause, reason: string): void {
    this.end(unhealthy(cause, `${this.where}: ${reason}`));
  }

  /** Frees what is held, and goes on in another way. */
  replace(step: () => void): void {
    const release = this.#release;
    this.#release = nothing;
    release();
    this.guard(step);
  }

  /** Ends with what an error of a system call says. */
  fail(error: unknown): void {
    if (!this.ended) this.end(resultOfError(error, this.where));
  }

  abort(): Phase {
    this.#aborted = true;
    if (!this.ended) this.#free();
    return this.phase;
  }

  /** Runs a continuation, unless the probe has ended; what it throws is the probe's end. */
  guard(step: () => void): void {
    if (this.ended) return;
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  readonly #deliverUnlessAborted = (outcome: Outcome): void => {
    if (!this.#aborted) this.owner.ended(outcome);
  };

  #free(): void {
    this.#state = 'ended';
    this.#siblings.delete(this);
    const release = this.#release;
    this.#release = nothing;
    release();
  }
}

/** A checker made of what one probe does. `close` frees what outlives probes. */
export function createChecker<C extends CheckConfig>(
  context: CheckerContext,
  step: (probe: Probe, spec: ProbeSpec<C>) => void,
  close: () => void = nothing,
): Checker<C> {
  const running = new Set<Probe>();
  return {
    prepare: (spec, owner) => ({
      start() {
        const probe = new Probe(context.now, hostPort(spec.host, spec.port), running, owner);
        probe.begin(() => step(probe, spec));
        return probe;
      },
    }),
    close() {
      for (const probe of running) probe.abort();
      close();
    },
  };
}

/** Goes on with the target's address: at once for a literal, after the resolver's answer for a name. */
export function resolveTarget(
  probe: Probe,
  context: CheckerContext,
  host: string,
  then: (address: string) => void,
): void {
  if (isIP(host) !== 0) {
    then(host);
    return;
  }
  probe.phase = 'resolve';
  context.resolve(host).then(
    (address) => probe.guard(() => then(address)),
    (error: unknown) => probe.fail(error),
  );
}
