/** The thread once it keeps time: makes it punctual, cleans up after a killed run, and runs the loop until it is stopped. */

import type { ChangedSetting } from '../../machines/virtual-mac/kernel-settings.js';
import type { RouterFlags } from '../../machines/vrrp/state-machine.js';
import { compileTable, type RouterTable } from '../../machines/vrrp/table.js';
import { familyOfBytes } from '../../machines/vrrp/virtual-addresses.js';
import type { VrrpConfig } from '../../model/config.js';
import { MissingPrivilegeError } from '../../model/errors.js';
import type { SyncGroupView, VrrpView } from '../../model/observing/views.js';
import { PreciseClock } from '../../os/clock/precise-clock.js';
import { GcPacer } from '../../os/memory/gc-pacer.js';
import { InterfaceTable } from '../../os/netlink/interface-table.js';
import { type ChangeResult, RouteSocket } from '../../os/netlink/route-socket.js';
import { FrameSender } from '../../os/packets/frame-sockets.js';
import { ReceiveRing } from '../../os/packets/receive-ring.js';
import { requireCapability } from '../../os/process/capability.js';
import {
  behindPunctual,
  isRealtime,
  makePunctual,
  type Realtime,
  type RealtimeFeature,
  stepForward,
} from '../../os/process/realtime.js';
import type { FromVrrp, ToVrrp } from '../../wire/links/vrrp-states.js';
import type { KernelChange } from '../../wire/netlink/change.js';
import type { LinkChange } from '../../wire/netlink/link.js';
import { OUR_PROTOCOL } from '../../wire/netlink/rtnetlink.js';
import type { ActorContext } from '../../workers/actor.js';
import { readMaintenance } from '../engine/state/maintenance-file.js';
import { warmUp } from '../warm-up/vrrp.js';
import type { AddressJournal } from './addresses/journal.js';
import type { VrrpDependencies } from './dependencies.js';
import { type StartedHedge, startHedge } from './hedge/start.js';
import { cleanUp } from './held/clean-up.js';
import { journaled } from './held/journaled.js';
import { InstanceManager } from './instance-manager.js';
import { VrrpLoop } from './loop.js';
import { metrics } from './metrics.js';
import { SpinMargin } from './spin-margin.js';
import { TrackedFacts } from './tracked-facts.js';
import { interfaceSysctls } from './vmac/setting-writer.js';

const features = [
  'fifo',
  'rr',
  'nice',
  'short-slice',
  'timer-slack',
  'runtime-limit',
] as const satisfies RealtimeFeature[];

export type ThreadLinks = {
  tellState(message: FromVrrp): void;
};

export class VrrpThread {
  readonly #context: ActorContext;
  readonly #clock = new PreciseClock();
  readonly #interfaces = new InterfaceTable();
  readonly #routes: RouteSocket;
  readonly #frames: FrameSender;
  readonly #dependencies: VrrpDependencies;
  readonly #hedge: StartedHedge;
  readonly #roster: InstanceManager;
  #journal: AddressJournal | null = null;
  #config: VrrpConfig;
  #begun = false;
  #keepsTime = false;
  #settings: readonly ChangedSetting[] = [];
  readonly #tidying = new GcPacer();
  readonly #tracked = new TrackedFacts();
  #inMaintenance: boolean;
  #stopped = false;

  /** Throws MissingPrivilegeError, which names what is missing. Nothing is changed or sent before `begin`. */
  constructor(context: ActorContext, config: VrrpConfig, links: ThreadLinks) {
    requireCapability('CAP_NET_RAW', 'sending VRRP adverts');
    requireCapability('CAP_NET_ADMIN', 'putting virtual addresses on an interface');
    // Before it is punctual: it takes a while.
    this.#tidying.grow();
    this.#context = context;
    this.#config = config;
    this.#tracked.configure(config);
    // Nobody is to become master before the engine can tell.
    this.#inMaintenance = readMaintenance(context.config.node.stateDir).on;
    this.#routes = new RouteSocket();
    this.#frames = new FrameSender();
    this.#interfaces.reset(this.#routes.readAll());
    const realtime = this.#becomePunctual(config);
    // Soon: it starts on another processor meanwhile.
    this.#hedge = startHedge(config, realtime, this.#clock, context.log);
    this.#dependencies = {
      clock: this.#clock,
      interfaces: this.#interfaces,
      routes: {
        change: (changes) => this.#change(changes),
        changeLink: (change) => this.#changeLink(change),
      },
      sysctls: interfaceSysctls(this.#interfaces, this.#routes),
      rememberSettings: (changed) => this.#remember(changed),
      frames: this.#frames,
      realtime,
      hedge: this.#hedge.hedge,
      tableOf: tables(),
      out: context,
      tellState: (message) => links.tellState(message),
      serviceHealthy: (name) => this.#tracked.serviceHealthy(name),
      inMaintenance: () => this.#inMaintenance,
      tracked: (kind, name) => this.#tracked.fact(kind, name),
    };
    this.#roster = new InstanceManager(this.#dependencies, new ReceiveRing(this.#clock));
    behindPunctual(this.#dependencies.realtime, () => {
      warmUp({ ...this.#dependencies, tidying: this.#tidying });
      // Twice: what is still needed is then no longer young, and takes no room.
      for (let round = 0; round < 2; round += 1) this.#tidying.collect();
    });
  }

  /** The loop starts with the next turn of the event loop, and is the last one. */
  begin(): void {
    stepForward(this.#dependencies.realtime);
    this.#begun = true;
    this.#readInterfaces();
    this.#journal = cleanUp(this.#config, this.#routes, this.#interfaces, this.#dependencies.sysctls, this.#context);
    this.#readInterfaces();
    this.#remember([]);
    const nowNs = this.#clock.now();
    this.#roster.configure(this.#config, nowNs, nowNs + this.#config.startupDelayNs);
    setImmediate(() => this.#run());
  }

  configure(config: VrrpConfig): void {
    this.#config = config;
    this.#tracked.configure(config);
    if (!this.#begun) return;
    const nowNs = this.#clock.now();
    this.#remember(this.#settings);
    this.#roster.configure(config, nowNs, nowNs);
  }

  /** Masters resign, and nothing of ours is left on any interface. */
  stop(why = 'stopped'): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#roster.stop(this.#clock.now(), why);
    this.#remember([]);
  }

  hear(message: ToVrrp): void {
    if (message.kind !== 'maintenance') {
      if (this.#tracked.hear(message)) this.#roster.assess(this.#clock.now());
      return;
    }
    if (message.on === this.#inMaintenance) return;
    this.#inMaintenance = message.on;
    this.#roster.maintain(message.on, this.#clock.now());
  }

  views(name: string | null): readonly VrrpView[] {
    const instances = name === null ? this.#roster.instances : [this.#roster.byName(name)];
    return instances.map((instance) => instance.view());
  }

  syncGroups(): readonly SyncGroupView[] {
    return this.#roster.groups.views();
  }

  failover(name: string): string {
    return this.#roster.failover(name);
  }

  /** To an actor that knows nothing yet. */
  tellAll(): void {
    for (const instance of this.#roster.instances) instance.tell();
  }

  #run(): void {
    if (this.#stopped) return;
    const loop = new VrrpLoop({
      clock: this.#clock,
      roster: this.#roster,
      routes: this.#routes,
      interfaces: this.#interfaces,
      spin: new SpinMargin(this.#dependencies.realtime.spin),
      tidying: this.#tidying,
      poll: this.#context.poll(),
    });
    this.#keepsTime = true;
    try {
      loop.run();
    } catch (error) {
      // The peer takes over at once, and no address stays behind.
      const failure = error instanceof Error ? error : new Error(String(error));
      this.stop(`the VRRP thread failed: ${failure.message}`);
      this.#context.fail(failure);
    } finally {
      this.#hedge.stop();
      this.#routes.close();
      this.#frames.close();
      this.#journal?.close();
    }
  }

  /** The kernel tells of a new IPv6 address only later: what was done is noted at once, or it would look taken away. */
  #change(changes: readonly KernelChange[]): readonly ChangeResult[] {
    const results = this.#routes.change(changes);
    changes.forEach((change, at) => {
      if (results[at] !== null || change.kind !== 'address') return;
      const { op, index, address, prefixLength } = change;
      this.#interfaces.apply({
        kind: op === 'add' ? 'address' : 'address-gone',
        family: familyOfBytes(address),
        index,
        address,
        prefixLength,
        secondary: false,
        tentative: false,
        protocol: OUR_PROTOCOL,
      });
    });
    return results;
  }

  /** What it did is known when it returns. */
  #changeLink(change: LinkChange): ChangeResult {
    const result = this.#routes.changeLink(change);
    this.#readInterfaces();
    return result;
  }

  #remember(settings: readonly ChangedSetting[]): void {
    this.#settings = settings;
    const content = journaled(this.#config);
    // Of interfaces none after the stop: one that is there at the next start is somebody else's.
    const interfaces = this.#stopped ? [] : content.interfaces;
    this.#journal?.write({ ...content, interfaces, settings }, this.#stopped || !this.#keepsTime);
  }

  #readInterfaces(): void {
    const facts = this.#routes.changes();
    if (facts === null) this.#interfaces.reset(this.#routes.readAll());
    else for (const fact of facts) this.#interfaces.apply(fact);
  }

  #becomePunctual(config: VrrpConfig): Realtime {
    const { log, meter } = this.#context;
    const realtime = makePunctual(config.realtime);
    for (const feature of features) {
      meter.gauge(metrics.fulcrum_vrrp_realtime, { feature }, realtime.features.includes(feature) ? 1 : 0);
    }
    const { refused, text } = realtime;
    if (config.realtime === 'require' && !isRealtime(realtime)) {
      throw new MissingPrivilegeError(
        'CAP_SYS_NICE',
        `CAP_SYS_NICE is missing: vrrp.realtime is "require", and the kernel refused (${refused.join('; ')})`,
      );
    }
    if (config.realtime === 'off' || refused.length === 0) log.info({ realtime: text }, 'VRRP thread scheduling');
    else log.warn({ realtime: text, refused }, `adverts may be late under load: ${refused.join('; ')}`);
    return realtime;
  }
}

/** Each set of flags is compiled once. */
function tables(): (flags: RouterFlags) => RouterTable {
  const known = new Map<number, RouterTable>();
  return (flags) => {
    const key = (flags.owner ? 4 : 0) + (flags.preempt ? 2 : 0) + (flags.delayed ? 1 : 0);
    const table = known.get(key) ?? compileTable(flags);
    known.set(key, table);
    return table;
  };
}
