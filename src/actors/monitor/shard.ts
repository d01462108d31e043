/** The targets of one shard: assigned and taken away by the engine, probed by the scheduler, told of by the reporter. */

import { inARow, stepHealth } from '../../machines/health/target-health.js';
import type { CheckConfig } from '../../model/config.js';
import type { Checker, CheckerContext, CheckerFactory, Outcome, Shortage } from '../../model/probe.js';
import type { TargetKey } from '../../model/states.js';
import { NS_PER_MS } from '../../model/units.js';
import type { FromShard } from '../../wire/links/fallen.js';
import type { FromMonitor, TargetAssignment, TargetStatus, ToMonitor } from '../../wire/links/targets.js';
import { ownString } from '../../wire/text/own-string.js';
import type { ActorContext } from '../../workers/actor.js';
import { metrics } from './metrics.js';
import { type ProbeSeries, probeSeries } from './probe-series.js';
import { Reporter } from './reporter.js';
import { Scheduler } from './scheduler.js';
import { BACKLOG_RETRY_NS, STATUS_PERIOD_NS } from './shard-limits.js';
import { SharedChecks } from './shared-checks.js';
import { shortageAlarms } from './shortage-alarms.js';
import { Target } from './target.js';
import { TargetTimes } from './target-times.js';
import type { Loop } from './time/loop.js';

export type ShardOptions = {
  readonly context: Pick<ActorContext, 'name' | 'meter' | 'event' | 'log'>;
  readonly loop: Loop;
  readonly checkers: Readonly<Record<string, { readonly create: CheckerFactory }>>;
  readonly resolve: CheckerContext['resolve'];
  readonly readFile: CheckerContext['readFile'];
  readonly maxProbes: number;
  readonly send: (message: FromMonitor) => void;
  readonly sendFallen: (message: FromShard) => void;
  readonly backlog: () => number;
};

/** What all targets of one type of check share. */
type Kind = { readonly checker: Checker; readonly series: ProbeSeries };

export class Shard {
  readonly #options: ShardOptions;
  readonly #targets = new Map<TargetKey, Target>();
  /** By timer; slot 0 is the reporter's. */
  readonly #byId: (Target | undefined)[] = [undefined];
  readonly #freeIds: number[] = [];
  readonly #times = new TargetTimes();
  readonly #kinds = new Map<string, Kind>();
  readonly #checks = new SharedChecks();
  readonly #alarm: (shortage: Shortage, message: string) => void;
  readonly #reporter: Reporter;
  readonly #scheduler: Scheduler;
  #generation = 0;

  constructor(options: ShardOptions) {
    this.#options = options;
    const { context, loop } = options;
    this.#alarm = shortageAlarms(context, loop.now);
    this.#scheduler = new Scheduler({
      loop,
      maxProbes: options.maxProbes,
      targetOf: (id) => this.#byId[id],
      onOutcome: (target, outcome) => this.#apply(target, outcome),
      onLateness: context.meter.histogram(metrics.fulcrum_check_lateness_seconds, {}),
      onSkip: (lateNs) =>
        this.#alarm(
          'time',
          `${context.name} was ${Math.round(lateNs / NS_PER_MS)} ms late and left out probes: this host has too little processor time for its checks`,
        ),
      onReporter: () => this.#reporter.flush(),
    });
    this.#reporter = new Reporter({
      send: options.send,
      sendFallen: options.sendFallen,
      now: loop.now,
      backlog: options.backlog,
      afterIo: loop.afterIo,
      flushLater: (when) => this.#scheduler.wakeReporter(when === 'period' ? STATUS_PERIOD_NS : BACKLOG_RETRY_NS),
    });
  }

  get size(): number {
    return this.#targets.size;
  }

  /** Those of its targets, each once. */
  get checks(): readonly CheckConfig[] {
    return [...this.#checks.all()];
  }

  receive(message: ToMonitor): void {
    switch (message.kind) {
      case 'replace-begin':
        this.#generation += 1;
        break;
      case 'assign':
        for (const assignment of message.targets) this.#assign(assignment);
        break;
      case 'replace-end':
        this.#drop([...this.#targets.values()].filter((target) => target.generation !== this.#generation));
        this.#reporter.tellAll(this.#targets.values());
        break;
      case 'unassign':
        this.#drop(message.keys.flatMap((key) => this.#targets.get(key) ?? []));
        break;
      default:
        message satisfies never;
    }
    this.#options.context.meter.gauge(
      metrics.fulcrum_targets,
      { actor: this.#options.context.name },
      this.#targets.size,
    );
  }

  /** Ends all probes and frees what the checkers hold. */
  stop(): void {
    this.#drop([...this.#targets.values()]);
    this.#scheduler.stop();
    for (const { checker } of this.#kinds.values()) checker.close();
  }

  #assign(assignment: TargetAssignment): void {
    const known = this.#targets.get(assignment.key);
    if (known !== undefined) {
      // The key is a hash of the whole spec: nothing to change, and state and schedule go on.
      known.generation = this.#generation;
      return;
    }
    const { checker, series } = this.#kind(assignment.spec.check.type);
    const id = this.#freeIds.pop() ?? this.#byId.length;
    const { spec: told } = assignment;
    const spec = { ...told, host: ownString(told.host), check: this.#checks.take(told.check) };
    const host = this.#scheduler.hostOf(spec);
    const target = new Target(
      { ...assignment, spec, resume: this.#safeResume(spec.check, assignment.resume) },
      { id, times: this.#times, checker, series, host, runner: this.#scheduler },
    );
    target.generation = this.#generation;
    this.#targets.set(target.key, target);
    this.#byId[id] = target;
    this.#scheduler.add(target);
  }

  /** A state file of an earlier version may have more in its messages. */
  #safeResume(check: CheckConfig, resume: TargetStatus | null): TargetStatus | null {
    return resume === null ? null : { ...resume, message: this.#checks.safe(check, resume.message) };
  }

  #drop(targets: readonly Target[]): void {
    this.#scheduler.remove(targets);
    for (const target of targets) {
      this.#reporter.forget(target);
      target.prober.release?.();
      // A key may have been named twice: its number is free only once.
      if (!this.#targets.delete(target.key)) continue;
      this.#checks.release(target.check);
      this.#byId[target.id] = undefined;
      this.#freeIds.push(target.id);
    }
  }

  #kind(type: string): Kind {
    let kind = this.#kinds.get(type);
    if (kind === undefined) {
      const { loop, resolve, readFile, checkers, context } = this.#options;
      const checker = checkers[type]?.create({ now: loop.now, resolve, readFile });
      if (checker === undefined) throw new Error(`there is no checker of the type '${type}'`);
      kind = { checker, series: probeSeries(context.meter, type) };
      this.#kinds.set(type, kind);
    }
    return kind;
  }

  #apply(target: Target, raw: Outcome): void {
    const message = this.#checks.safe(target.check, raw.message);
    const outcome = message === raw.message ? raw : { ...raw, message };
    target.series.count(outcome.kind, outcome.durationNs);
    target.lastCheckMs = this.#options.loop.wallMs();
    target.durationNs = outcome.durationNs;
    if (outcome.kind === 'error') {
      this.#alarm(outcome.shortage, outcome.message);
      target.message = outcome.message;
      this.#reporter.seen(target);
      return;
    }
    const { health, transition } = stepHealth(target, outcome, target.check);
    target.takeHealth(health);
    target.probes += 1;
    if (outcome.kind === 'healthy') target.passed += 1;
    target.cause = outcome.kind === 'unhealthy' ? outcome.cause : null;
    target.message =
      transition?.why ?? (outcome.kind === 'unhealthy' ? inARow(health, outcome.message) : outcome.message);
    const weight = outcome.kind === 'healthy' ? (outcome.weight ?? null) : target.weight;
    const isOther = target.takeWeight(health.state === 'healthy' ? weight : null);
    if (transition === null && !isOther) this.#reporter.seen(target);
    else this.#reporter.changed(target);
  }
}
