import { MessageChannel } from 'node:worker_threads';
import type { Config } from '../../model/config.js';
import type { ActorView } from '../../model/observing/views.js';
import type { Clock } from '../../model/units.js';
import type { WireError } from '../../wire/links/control.js';
import { createHeartbeats, HEARTBEAT_PERIOD_MS, HEARTBEAT_SLOTS } from '../host/heartbeat.js';
import { createCounters, directionCounters } from '../links/link-counters.js';
import type { LinkDeclaration, LinkGrant } from '../links/link-end.js';
import { Child, type ChildSpec } from './child.js';
import type { StartStep } from './start-steps.js';

/** A link that should be wherever both of its actors are. */
export type LinkSpec = {
  /** The name of a kind. */
  readonly kind: string;
  readonly a: string;
  readonly b: string;
};

/** An end of links that is no child: the supervisor itself, and the main thread. */
export type Outsider = { readonly name: string; readonly connect: (grant: LinkGrant) => void };

/**
 * The actors that run together. They get ready side by side, and begin in the order of the stages; they stop in reverse. Those of
 * one stage go together.
 */
export type Plan = { readonly stages: readonly (readonly ChildSpec[])[]; readonly links: readonly LinkSpec[] };

export type TreeEnvironment = {
  readonly now: Clock;
  readonly random: () => number;
  readonly outsiders: readonly Outsider[];
  readonly driverModule: string | null;
  /** They start one after the other: few files may be open at a time, or there is one processor. */
  readonly oneByOne: boolean;
  readonly onChange: (child: Child) => void;
};

export class StartError extends Error {
  readonly actor: string;
  /** The failure's own, so that a missing privilege is one for whoever asked for the start too. */
  readonly code: string | null;
  readonly missing: string | null;
  constructor(actor: string, wire: WireError) {
    super(`${actor} did not start: ${wire.message}`);
    this.actor = actor;
    this.code = wire.code;
    this.missing = wire.missing;
  }
}

function endOf(child: Child): WireError {
  const message = child.view().last_error ?? 'it ended before it was ready';
  return child.failure ?? { name: 'Error', message, stack: '', code: null, missing: null };
}

const sameLink = (one: LinkSpec, other: LinkSpec): boolean =>
  one.kind === other.kind && one.a === other.a && one.b === other.b;

/** Runs a plan: spawns, wires, watches and stops its actors, and moves from one plan to the next. */
export class Tree {
  readonly #environment: TreeEnvironment;
  readonly #heartbeats = createHeartbeats();
  readonly #freeSlots = Array.from({ length: HEARTBEAT_SLOTS }, (_, index) => HEARTBEAT_SLOTS - 1 - index);
  readonly #children = new Map<string, Child>();
  readonly #counters = new Map<LinkSpec, SharedArrayBuffer>();
  readonly #watch: NodeJS.Timeout;
  readonly #waiting = new Map<Child, (child: Child) => void>();
  #begun = false;
  #plan: Plan = { stages: [], links: [] };
  #config: Config;
  #incarnation = 0;
  #lastWatchMs = performance.now();

  constructor(config: Config, environment: TreeEnvironment) {
    this.#config = config;
    this.#environment = environment;
    this.#watch = setInterval(() => this.#watchAll(), HEARTBEAT_PERIOD_MS);
  }

  views(): ActorView[] {
    return [...this.#children.values()].map((child) => child.view());
  }

  /** Of each actor's last start. */
  startSteps(): StartStep[] {
    return [...this.#children.values()].flatMap((child) => child.startSteps);
  }

  /** All that are vital are. */
  get well(): boolean {
    return [...this.#children.values()].every((child) => !child.spec.vital || child.well);
  }

  child(name: string): Child | undefined {
    return this.#children.get(name);
  }

  /**
   * Nobody acts on the world outside before all have what they need. Throws StartError when an actor ends before: at the first
   * start, nothing is tried twice.
   */
  async start(plan: Plan): Promise<void> {
    this.#plan = plan;
    this.#wireOutsiders(plan.links);
    // What one says to another that is not up yet waits in their link.
    await this.#startTogether(plan.stages.flat(), true);
    this.#begun = true;
    for (const stage of plan.stages) await Promise.all(stage.map(({ name }) => this.#begin(name)));
  }

  /** Stops what the new plan lacks, starts what it adds, and tells the configuration to the others. */
  async change(plan: Plan, config: Config): Promise<void> {
    const wanted = new Set(plan.stages.flat().map((spec) => spec.name));
    const known = this.#plan.links;
    const links = plan.links.map((link) => known.find((old) => sameLink(old, link)) ?? link);
    this.#plan = { stages: plan.stages, links };
    this.#config = config;
    const gone = [...this.#children.values()].filter((child) => !wanted.has(child.name));
    await Promise.all(
      [...this.#children.values()].filter((child) => wanted.has(child.name)).map((c) => c.configure(config)),
    );
    this.#wireOutsiders(links.filter((link) => !known.includes(link)));
    for (const stage of plan.stages) {
      await this.#startTogether(
        stage.filter((spec) => !this.#children.has(spec.name)),
        false,
      );
    }
    await this.#stopAll(gone);
    for (const link of this.#counters.keys()) if (!links.includes(link)) this.#counters.delete(link);
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    for (const stage of [...this.#plan.stages].reverse()) {
      await this.#stopAll(stage.flatMap((spec) => this.#children.get(spec.name) ?? []));
    }
  }

  async #startTogether(specs: readonly ChildSpec[], first: boolean): Promise<void> {
    if (!this.#environment.oneByOne) await Promise.all(specs.map((spec) => this.#startChild(spec, first)));
    else for (const spec of specs) await this.#startChild(spec, first);
  }

  #startChild(spec: ChildSpec, first: boolean): Promise<void> {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) throw new Error(`more than ${HEARTBEAT_SLOTS} actors`);
    const child = new Child(spec, {
      now: this.#environment.now,
      random: this.#environment.random,
      heartbeats: this.#heartbeats,
      heartbeatSlot: slot,
      config: () => this.#config,
      links: (name) => this.#declarations(name),
      grants: (name) => this.#freshGrants(name),
      mailbox: (name) => this.#mailbox(name),
      driverModule: this.#environment.driverModule,
      held: () => !this.#begun,
      onChange: (changed) => {
        this.#environment.onChange(changed);
        this.#waiting.get(changed)?.(changed);
      },
    });
    this.#children.set(spec.name, child);
    const up = this.#up(child, ({ state, prepared }) => state === 'running' || prepared);
    child.start();
    return first ? up : up.catch(() => {});
  }

  async #begin(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (child === undefined || child.state === 'running') return;
    const up = this.#up(child, ({ state }) => state === 'running');
    child.begin();
    await up;
  }

  /** Rejects with StartError when the child ends instead. */
  #up(child: Child, isUp: (child: Child) => boolean): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.set(child, () => {
        if (isUp(child)) resolve();
        else if (child.state === 'restarting' || child.state === 'failed')
          reject(new StartError(child.name, endOf(child)));
      });
    }).finally(() => this.#waiting.delete(child));
  }

  #stopAll(children: readonly Child[]): Promise<unknown> {
    return Promise.all(children.map((child) => this.#stopChild(child)));
  }

  async #stopChild(child: Child): Promise<void> {
    await child.stopped();
    this.#children.delete(child.name);
    this.#freeSlots.push(child.heartbeatSlot);
  }

  #declarations(name: string): LinkDeclaration[] {
    return this.#plan.links.flatMap(({ kind, a, b }) => [
      ...(a === name ? [{ kind, side: 'a' as const, peer: b }] : []),
      ...(b === name ? [{ kind, side: 'b' as const, peer: a }] : []),
    ]);
  }

  /** A new channel for each link of an actor that is about to run; peers that run get their end at once. */
  #freshGrants(name: string): LinkGrant[] {
    const own: LinkGrant[] = [];
    for (const link of this.#plan.links) {
      if (link.a !== name && link.b !== name) continue;
      const connects = (actor: string) =>
        actor === name ? (grant: LinkGrant) => void own.push(grant) : this.#connector(actor);
      this.#connect(link, connects(link.a), connects(link.b));
    }
    return own;
  }

  #wireOutsiders(links: readonly LinkSpec[]): void {
    const outside = (actor: string) => this.#environment.outsiders.some((outsider) => outsider.name === actor);
    for (const link of links) {
      if (outside(link.a) && outside(link.b)) {
        this.#connect(link, this.#connector(link.a), this.#connector(link.b));
      }
    }
  }

  /** How an actor that runs is given its end of a link; null when it does not run. */
  #connector(actor: string): ((grant: LinkGrant) => void) | null {
    const outsider = this.#environment.outsiders.find((candidate) => candidate.name === actor);
    if (outsider !== undefined) return outsider.connect;
    const child = this.#children.get(actor);
    return child?.alive === true ? (grant) => child.connect(grant) : null;
  }

  #connect(
    link: LinkSpec,
    connectA: ((grant: LinkGrant) => void) | null,
    connectB: ((grant: LinkGrant) => void) | null,
  ): void {
    if (connectA === null || connectB === null) return;
    const { port1, port2 } = new MessageChannel();
    const counters = createCounters();
    this.#counters.set(link, counters);
    this.#incarnation += 1;
    const common = { kind: link.kind, incarnation: this.#incarnation, counters };
    connectA({ ...common, peer: link.b, side: 'a', port: port1 });
    connectB({ ...common, peer: link.a, side: 'b', port: port2 });
  }

  #mailbox(name: string): number {
    let depth = 0;
    for (const [link, counters] of this.#counters) {
      if (link.b === name) depth += directionCounters(counters, 'aToB').depth();
      if (link.a === name) depth += directionCounters(counters, 'bToA').depth();
    }
    return depth;
  }

  #watchAll(): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.#lastWatchMs - HEARTBEAT_PERIOD_MS;
    this.#lastWatchMs = nowMs;
    // When this thread itself was kept from running, so were perhaps the others: nobody is to blame yet.
    if (lateMs > 2 * HEARTBEAT_PERIOD_MS) return;
    for (const child of this.#children.values()) child.watch();
  }
}
