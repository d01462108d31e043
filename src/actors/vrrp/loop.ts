/**
 * The VRRP thread's own loop: it never returns to Node's event loop, since nothing there keeps a deadline. Each turn does
 * one of three things: sleep in the kernel until shortly before the next deadline, spin the rest of the way and speak, or,
 * while there is time, whatever else there is to do, in small pieces.
 */
import { NEVER } from '../../machines/vrrp/router.js';
import type { Nanoseconds } from '../../model/units.js';
import type { PreciseClock } from '../../os/clock/precise-clock.js';
import { Poller } from '../../os/kernel/poller.js';
import type { GcPacer } from '../../os/memory/gc-pacer.js';
import type { InterfaceTable } from '../../os/netlink/interface-table.js';
import type { RouteSocket } from '../../os/netlink/route-socket.js';
import type { VrrpInstance } from './instance/instance.js';
import type { InstanceManager } from './instance-manager.js';
import type { SpinMargin } from './spin-margin.js';

/**
 * Nothing else is begun with less time before a deadline than half of what is usual between two, or than this where they are
 * close. It is short work, but it may have to wait for memory that other threads have locked: 10 ms of that were seen.
 */
const LEAST_SLACK_NS = 1e6;
const MOST_SLACK_NS = 20e6;
const SLACK_SHARE = 0.5;
/** Messages are looked for at least so often, deadlines or not. */
const POLL_PERIOD_NS = 20e6;
/** And at most so often: a look makes objects, and a flood of packets is not to be a flood of them. */
const POLL_SPACING_NS = 18e6;
/** Before a promotion all packets that wait are read: at most so many rings of them, or a flood would stop the election. */
const MAX_LISTEN_ROUNDS = 64;
/** A view of each instance is published about once a second, or more rarely where there are many. */
const PUBLISH_PERIOD_NS = 1e9;
const PUBLISH_SPACING_NS = 20e6;
/**
 * So long before a deadline the way of an advert is walked once, with nothing to send: whatever ran since the last one has
 * driven it out of the processor's caches, which costs some 20 us. Twice that, and less than any spin.
 */
const REHEARSAL_NS = 50_000;
/**
 * And once before, when there is this much time: with the first system call that touches the network the kernel also does what
 * it had put off on this processor (RCU callbacks of who gave back memory), which was seen to take 100 us.
 */
const EARLY_REHEARSAL_NS = 200_000;
const NOT_ASKED = -1;

export type LoopParts = {
  readonly clock: PreciseClock;
  readonly roster: Pick<
    InstanceManager,
    'instances' | 'dispatchers' | 'watches' | 'generation' | 'nextNs' | 'work' | 'assess' | 'flush'
  >;
  readonly routes: Pick<RouteSocket, 'watchFd' | 'changes' | 'readAll'>;
  readonly interfaces: InterfaceTable;
  /** Nearer to a deadline than this the processor is held. */
  readonly spin: SpinMargin;
  readonly tidying: Pick<GcPacer, 'tidy'>;
  /** Delivers messages; true when the thread must stop. */
  readonly poll: () => boolean;
};

export class VrrpLoop {
  readonly #parts: LoopParts;
  readonly #poller = new Poller();
  /** `worker.terminate()` is obeyed only where V8 looks for it; a wait of no time is such a place. */
  readonly #gate = new Int32Array(new SharedArrayBuffer(4));
  #generation = -1;
  #pollAtNs = 0;
  #publishAtNs = 0;
  #publishIndex = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Runs until it is told to stop. */
  run(): void {
    while (!this.turn());
  }

  /** One turn; true when the thread must stop. */
  turn(): boolean {
    Atomics.wait(this.#gate, 0, 0, 0);
    const { clock, roster } = this.#parts;
    if (this.#generation !== roster.generation) this.#watch();
    let nowNs = clock.now();
    const next = this.#soonest();
    const deadlineNs = next === null ? NEVER : next.router.deadlineNs;
    if (next !== null && deadlineNs - nowNs <= this.#parts.spin.ns) {
      this.#fire(next, deadlineNs);
      nowNs = clock.now();
      return nowNs - this.#pollAtNs > POLL_PERIOD_NS && this.#catchUp(nowNs);
    }
    const freeUntilNs = deadlineNs - this.#slackNs();
    if (nowNs < freeUntilNs) {
      if (nowNs - this.#pollAtNs >= POLL_SPACING_NS && this.#poll(nowNs)) return true;
      if (this.#chore(nowNs)) return false;
    }
    this.#sleep(deadlineNs, freeUntilNs);
    return false;
  }

  /** Deadlines follow so closely that there is never time: a little of everything else all the same. */
  #catchUp(nowNs: Nanoseconds): boolean {
    if (this.#poll(nowNs)) return true;
    this.#chore(nowNs);
    this.#receive(0);
    return false;
  }

  #soonest(): VrrpInstance | null {
    const { instances } = this.#parts.roster;
    let soonest: VrrpInstance | null = null;
    let soonestNs = NEVER;
    for (let index = 0; index < instances.length; index += 1) {
      const instance = instances[index] as VrrpInstance;
      const { deadlineNs } = instance.router;
      if (deadlineNs < soonestNs) {
        soonest = instance;
        soonestNs = deadlineNs;
      }
    }
    return soonest;
  }

  /** Waits out the last bit and acts. A router that must listen first may find its deadline moved by what it hears. */
  #fire(instance: VrrpInstance, deadlineNs: number): void {
    const { clock } = this.#parts;
    // Of a backup most of the reading is done before the deadline, so that the promotion itself is on time.
    if (!instance.router.isMaster) this.#listen();
    if (clock.now() < deadlineNs - EARLY_REHEARSAL_NS) instance.rehearse();
    if (clock.now() < deadlineNs - REHEARSAL_NS) {
      clock.spinUntil(deadlineNs - REHEARSAL_NS);
      instance.rehearse();
    }
    let nowNs = clock.spinUntil(Math.min(deadlineNs, instance.router.deadlineNs));
    if (instance.router.mustListenFirst(nowNs)) {
      this.#listen();
      nowNs = clock.now();
    }
    if (instance.router.deadlineNs > nowNs) return;
    instance.due(nowNs);
    this.#parts.spin.fired(nowNs);
  }

  #listen(): void {
    const { dispatchers } = this.#parts.roster;
    for (let index = 0; index < dispatchers.length; index += 1) {
      const dispatcher = dispatchers[index];
      for (let round = 0; round < MAX_LISTEN_ROUNDS && dispatcher?.drain() === true; round += 1);
    }
  }

  #slackNs(): number {
    const usual = SLACK_SHARE * this.#parts.spin.gapNs;
    return usual < MOST_SLACK_NS ? Math.max(LEAST_SLACK_NS, usual) : MOST_SLACK_NS;
  }

  #sleep(deadlineNs: number, freeUntilNs: number): void {
    const { spin, clock } = this.#parts;
    const workNs = Math.min(this.#pollAtNs + POLL_PERIOD_NS, this.#nextChoreNs());
    const wakeNs = Math.min(deadlineNs - spin.ns, workNs < freeUntilNs ? workNs : NEVER);
    const waitNs = wakeNs - clock.now();
    // Sleeping undisturbed shows how punctual the kernel is.
    if (this.#receive(Math.max(0, waitNs)) === 0 && waitNs > 0) spin.woke(clock.now() - wakeNs);
  }

  /** Takes what came, and answers with how many of the sockets had something. */
  #receive(waitNs: number): number {
    if (this.#generation !== this.#parts.roster.generation) return NOT_ASKED;
    const ready = this.#poller.wait(waitNs);
    if (ready > 0) this.#take();
    return ready;
  }

  #take(): void {
    const { roster } = this.#parts;
    // One ring of each segment, and then a look at the clock: a flood must not delay a deadline.
    const { dispatchers } = roster;
    for (let index = 0; index < dispatchers.length; index += 1) {
      if (this.#poller.ready(index)) dispatchers[index]?.drain();
    }
    let at = dispatchers.length;
    if (this.#poller.ready(at)) this.#readInterfaces();
    if (this.#generation !== roster.generation) return;
    for (const watch of roster.watches) {
      at += 1;
      if (this.#poller.ready(at)) this.#readClaim(watch);
    }
  }

  #watch(): void {
    const { roster, routes } = this.#parts;
    this.#generation = roster.generation;
    const receivers = roster.dispatchers.map(({ sockets }) => sockets.receiver);
    this.#poller.watch([...receivers, routes.watchFd, ...roster.watches.map(({ claims }) => claims.fd)]);
  }

  #readInterfaces(): void {
    const { routes, interfaces, roster, clock } = this.#parts;
    const facts = routes.changes();
    if (facts === null) interfaces.reset(routes.readAll());
    else for (const fact of facts) interfaces.apply(fact);
    roster.assess(clock.now());
  }

  #readClaim(watch: InstanceManager['watches'][number]): void {
    const claim = watch.claims.next();
    if (claim === null) return;
    const nowNs = this.#parts.clock.now();
    for (const { duty } of this.#parts.roster.instances) duty.claimed(watch.interface, claim, nowNs);
  }

  #poll(nowNs: Nanoseconds): boolean {
    this.#pollAtNs = nowNs;
    return this.#parts.poll();
  }

  #nextChoreNs(): number {
    const { roster } = this.#parts;
    let next = Math.min(roster.nextNs, this.#publishAtNs);
    const { instances } = roster;
    for (let index = 0; index < instances.length; index += 1) {
      next = Math.min(next, (instances[index] as VrrpInstance).duty.nextNs);
    }
    return next;
  }

  /** Does one thing that is due, if any. */
  #chore(nowNs: Nanoseconds): boolean {
    const { roster } = this.#parts;
    if (roster.nextNs <= nowNs) {
      roster.work(nowNs);
      return true;
    }
    const { instances } = roster;
    for (let index = 0; index < instances.length; index += 1) {
      const { duty } = instances[index] as VrrpInstance;
      if (duty.nextNs > nowNs) continue;
      duty.work(nowNs);
      return true;
    }
    if (this.#publishAtNs > nowNs) return false;
    const spacing = Math.max(PUBLISH_SPACING_NS, PUBLISH_PERIOD_NS / Math.max(1, instances.length));
    this.#publishAtNs = nowNs + spacing;
    if (instances.length === 0) return false;
    this.#publishIndex = (this.#publishIndex + 1) % instances.length;
    if (this.#publishIndex === 0) roster.flush();
    instances[this.#publishIndex]?.publish();
    this.#parts.tidying.tidy(nowNs);
    return true;
  }
}
