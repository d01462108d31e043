/** All instances of this node, with the sockets and watches that they share, through every change of configuration. */

import { isDeepStrictEqual } from 'node:util';
import { addressInterface } from '../../machines/virtual-mac/virtual-interface.js';
import { advertFamily, familyOfBytes } from '../../machines/vrrp/virtual-addresses.js';
import type { VrrpConfig, VrrpInstanceConfig } from '../../model/config.js';
import { CommandError } from '../../model/errors.js';
import type { Nanoseconds } from '../../model/units.js';
import { SyscallError } from '../../os/kernel/libc.js';
import type { Interface } from '../../os/netlink/interface-table.js';
import { ClaimWatch } from '../../os/packets/frame-sockets.js';
import type { ReceiveRing } from '../../os/packets/receive-ring.js';
import type { Family } from '../../wire/vrrp/advert.js';
import type { VrrpDependencies } from './dependencies.js';
import { startTimes } from './groups/start-times.js';
import { groupStepDown, instanceStepDown } from './groups/step-down.js';
import { SyncGroups } from './groups/sync-groups.js';
import { VrrpInstance } from './instance/instance.js';
import { metrics } from './metrics.js';
import { type OpenSockets, PacketDispatcher } from './packet-dispatcher.js';
import { VirtualInterfaces } from './vmac/virtual-interfaces.js';

/** Sockets that could not be had are asked for again after this time. */
const RETRY_NS = 1e9;

/** The label of packets that are no instance's, such as those of a VRID that is not configured. */
const NO_INSTANCE = 'none';

type Watch = { readonly key: string; readonly claims: ClaimWatch; readonly interface: string };
type Member = { readonly instance: VrrpInstance; startAtNs: number };

export class InstanceManager {
  readonly #dependencies: VrrpDependencies;
  readonly #ring: ReceiveRing;
  readonly #openSockets: OpenSockets | undefined;
  readonly #members = new Map<string, Member>();
  readonly #dispatchers = new Map<string, PacketDispatcher>();
  readonly #virtual: VirtualInterfaces;
  #watches: Watch[] = [];
  /** For the loop, which must not walk a map thousands of times a second. */
  instances: readonly VrrpInstance[] = [];
  readonly groups: SyncGroups;
  dispatchers: readonly PacketDispatcher[] = [];
  /** Something could not be had, or is to be started: `work` does it then. */
  nextNs = Number.POSITIVE_INFINITY;
  #retryNs = Number.POSITIVE_INFINITY;
  /** Grows when the descriptors to wait for are others than before. */
  generation = 0;

  constructor(dependencies: VrrpDependencies, ring: ReceiveRing, openSockets?: OpenSockets) {
    this.#dependencies = dependencies;
    this.groups = new SyncGroups(dependencies.out);
    this.#virtual = new VirtualInterfaces(dependencies);
    this.#ring = ring;
    this.#openSockets = openSockets;
  }

  get watches(): readonly Pick<Watch, 'claims' | 'interface'>[] {
    return this.#watches;
  }

  /** Brings the instances to a configuration: what stays goes on without a missed advert. */
  configure(config: VrrpConfig, nowNs: Nanoseconds, startAtNs: number): void {
    const wanted = new Map(config.instances.map((instance) => [instance.name, instance]));
    for (const [name, { instance }] of this.#members) {
      const next = wanted.get(name);
      if (next === undefined || !isSameRouter(instance, next)) {
        this.#remove(name, nowNs, next === undefined ? 'taken out of the configuration' : 'configured anew');
      } else {
        instance.configure(next);
      }
    }
    const added = config.instances.filter(({ name }) => !this.#members.has(name));
    const starts = startTimes(added, config.syncGroups, startAtNs);
    added.forEach((instanceConfig, index) => {
      const instance = new VrrpInstance(instanceConfig, this.#dependencies);
      this.#members.set(instanceConfig.name, { instance, startAtNs: starts[index] ?? startAtNs });
      instance.tell();
    });
    this.instances = [...this.#members.values()].map(({ instance }) => instance);
    this.groups.configure(config.syncGroups, this.instances);
    this.assess(nowNs);
  }

  /** After a change of interfaces, or of what is tracked. */
  assess(nowNs: Nanoseconds): void {
    this.#retryNs = Number.POSITIVE_INFINITY;
    const configs = this.instances.map(({ config }) => config);
    // First, as what is made changes the interfaces.
    this.#virtual.keep(configs, nowNs);
    for (const instance of this.instances) {
      const link = this.#dependencies.interfaces.byName(instance.interface);
      const segment = this.#segmentFor(instance, instance.interface, link, nowNs);
      instance.look({ link, ...segment, virtual: this.#virtualFor(instance, nowNs) }, this.groups.configOf(instance));
    }
    for (const instance of this.instances) instance.settle(nowNs);
    this.#dropUnused();
    this.#watchClaims();
    this.#plan();
  }

  /** Starts those whose time has come, and tries again what failed. */
  work(nowNs: Nanoseconds): void {
    this.assess(nowNs);
    for (const member of this.#members.values()) {
      if (member.startAtNs > nowNs) continue;
      member.startAtNs = Number.POSITIVE_INFINITY;
      member.instance.start(nowNs);
    }
    this.#plan();
  }

  stop(nowNs: Nanoseconds, why: string): void {
    for (const name of [...this.#members.keys()]) this.#remove(name, nowNs, why);
    this.instances = [];
    this.#dropUnused();
    this.#watchClaims();
    this.#virtual.close();
  }

  /** Counts what was rejected before it was known whose it was. */
  flush(): void {
    for (const { rejects } of this.dispatchers) {
      rejects.tell((reason, by) =>
        this.#dependencies.out.meter.count(metrics.fulcrum_vrrp_rejected_total, { instance: NO_INSTANCE, reason }, by),
      );
    }
  }

  byName(name: string): VrrpInstance {
    const instance = this.#members.get(name)?.instance;
    if (instance === undefined) throw new CommandError('ERR_NOT_FOUND', `there is no VRRP instance ${name}`);
    return instance;
  }

  /** An instance or a sync group steps down once; a member takes its group along. Throws CommandError. */
  failover(name: string): string {
    const group = this.groups.byName(name) ?? this.#members.get(name)?.instance.member.group ?? null;
    if (group !== null) return groupStepDown(group);
    if (!this.#members.has(name)) {
      throw new CommandError('ERR_NOT_FOUND', `there is no VRRP instance or sync group ${name}`);
    }
    return instanceStepDown(this.byName(name));
  }

  /** Maintenance of the node has begun, or is over. */
  maintain(on: boolean, nowNs: Nanoseconds): void {
    for (const { member } of this.instances) {
      if (on && member.state === 'master') member.goAlong('maintenance of the node began');
    }
    this.assess(nowNs);
    for (const instance of this.instances) instance.publish();
  }

  #plan(): void {
    this.nextNs = Math.min(this.#retryNs, this.#virtual.nextNs);
    for (const { startAtNs } of this.#members.values()) this.nextNs = Math.min(this.nextNs, startAtNs);
  }

  #remove(name: string, nowNs: Nanoseconds, why: string): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.instance.stop(nowNs, why);
    member.instance.counts.flush();
    this.#members.delete(name);
    for (const key of segmentKeys(member.instance)) this.#dispatchers.get(key)?.leave(member.instance.vrid);
    this.#dependencies.out.state(`vrrp/${name}`, null);
  }

  #virtualFor(instance: VrrpInstance, nowNs: number) {
    const state = this.#virtual.stateOf(instance.config);
    if (state === null) return null;
    const segment = this.#segmentFor(instance, addressInterface(instance.config), state.link, nowNs);
    return { link: state.link, ...segment, problem: state.problem ?? segment.problem };
  }

  #segmentFor(instance: VrrpInstance, name: string, link: Interface | null, nowNs: number) {
    const key = segmentKey(name, instance.family);
    let dispatcher = this.#dispatchers.get(key) ?? null;
    if (dispatcher !== null && dispatcher.interfaceIndex !== link?.index) {
      // The interface is gone, or another one has its name: the sockets are bound to nothing.
      this.#drop(key, dispatcher);
      dispatcher = null;
    }
    if (link === null) return { dispatcher: null, problem: null };
    if (dispatcher === null) {
      try {
        const virtualMac = name === instance.interface ? null : link.hardware;
        dispatcher = this.#open(key, instance.family, link, virtualMac);
      } catch (error) {
        this.#retryNs = nowNs + RETRY_NS;
        return { dispatcher: null, problem: error instanceof SyscallError ? error.message : String(error) };
      }
    }
    dispatcher.join(instance.vrid, instance);
    return { dispatcher, problem: null };
  }

  #open(key: string, family: Family, link: Interface, virtualMac: Uint8Array | null): PacketDispatcher {
    const at = { interface: link.name, family, interfaceIndex: link.index, virtualMac };
    const dispatcher = new PacketDispatcher(at, this.#ring, this.#dependencies.clock, this.#openSockets);
    this.#dispatchers.set(key, dispatcher);
    this.#listSegments();
    return dispatcher;
  }

  #drop(key: string, dispatcher: PacketDispatcher): void {
    dispatcher.close();
    this.#dispatchers.delete(key);
    this.#listSegments();
  }

  #dropUnused(): void {
    const used = new Set(this.instances.flatMap(segmentKeys));
    for (const [key, dispatcher] of this.#dispatchers) if (!used.has(key)) this.#drop(key, dispatcher);
  }

  #listSegments(): void {
    this.dispatchers = [...this.#dispatchers.values()];
    this.generation += 1;
  }

  /** One watch per interface and family of virtual addresses; made anew when its addresses change. */
  #watchClaims(): void {
    const wanted = new Map<string, { link: Interface; family: Family; addresses: Uint8Array[] }>();
    for (const { duty } of this.instances) {
      for (const { link, bytes } of duty.watched) {
        const family = familyOfBytes(bytes);
        const group = wanted.get(`${link.index} ${family}`) ?? { link, family, addresses: [] };
        group.addresses.push(bytes);
        wanted.set(`${link.index} ${family}`, group);
      }
    }
    const before = new Map(this.#watches.map((watch) => [watch.key, watch]));
    const watches: Watch[] = [];
    for (const [place, { link, family, addresses }] of wanted) {
      // A neighbour advertisement is filtered by its type, not by its address: any addresses will do.
      const key = family === 'ipv4' ? `${place} ${addresses.join(' ')}` : place;
      const known = before.get(key) ?? this.#openWatch(key, link, family, addresses);
      before.delete(key);
      if (known !== null) watches.push(known);
    }
    for (const { claims } of before.values()) claims.close();
    if (before.size > 0 || watches.length !== this.#watches.length) this.generation += 1;
    this.#watches = watches;
  }

  #openWatch(key: string, link: Interface, family: Family, addresses: readonly Uint8Array[]): Watch | null {
    try {
      return { key, interface: link.name, claims: new ClaimWatch(family, link.name, link.index, addresses) };
    } catch (error) {
      this.#dependencies.out.log.warn(
        { interface: link.name, error: String(error) },
        'duplicate addresses are not watched for',
      );
      return null;
    }
  }
}

const segmentKey = (link: string, family: Family): string => `${link}/${family}`;
const segmentKeys = ({ config, family }: VrrpInstance): readonly string[] =>
  [config.interface, addressInterface(config)].map((link) => segmentKey(link, family));

/** Whether a configuration is of the same virtual router: then it is changed in place. */
const isSameRouter = (instance: VrrpInstance, config: VrrpInstanceConfig): boolean =>
  instance.interface === config.interface &&
  instance.vrid === config.vrid &&
  instance.family === advertFamily(config) &&
  isDeepStrictEqual(instance.config.vmac, config.vmac);
