/** A network segment on a simulated clock: routers that hear each other with delay and loss, as a test decides. */
import { type RouterSettings, VrrpRouter } from '../../../../src/machines/vrrp/router.js';
import type { RouterPort } from '../../../../src/machines/vrrp/router-port.js';
import { compileTable, type RouterTable } from '../../../../src/machines/vrrp/table.js';
import { type Nanoseconds, ns } from '../../../../src/model/units.js';
import {
  compareAddresses,
  intervalFromWire,
  intervalToWire,
  RESIGN_PRIORITY,
} from '../../../../src/wire/vrrp/advert.js';

export type SimulatedNode = {
  readonly name: number;
  readonly router: VrrpRouter;
  readonly address: Uint8Array;
  alive: boolean;
  /** How late its deadlines are acted on. */
  latenessNs: number;
  adverts: number;
  readonly advertTimes: number[];
};

type Packet = {
  readonly atNs: number;
  readonly from: number;
  readonly to: number;
  readonly priority: number;
  readonly cs: number;
};

/** Null = lost; else the delay in nanoseconds. */
export type Medium = (from: number, to: number, nowNs: number) => number | null;

export class SimulatedSegment {
  readonly nodes: SimulatedNode[] = [];
  nowNs = 0;
  /** For each moment since the last `take`: from when on how many masters there were. */
  readonly masters: { readonly fromNs: number; readonly names: readonly number[] }[] = [];
  /** After a node has heard an advert. */
  onHeard: (node: number, priority: number) => void = () => {};
  readonly #packets: Packet[] = [];
  readonly #medium: Medium;
  readonly #onSecondMaster: (node: number) => void;
  readonly #tables = new Map<string, RouterTable>();

  /** `onSecondMaster` hears which node tells of another master beside itself. */
  constructor(medium: Medium, onSecondMaster: (node: number) => void = () => {}) {
    this.#medium = medium;
    this.#onSecondMaster = onSecondMaster;
  }

  /** Its address ends in its number, so a later node wins ties. */
  add(settings: RouterSettings, port: Partial<RouterPort> = {}): SimulatedNode {
    const name = this.nodes.length;
    const router = new VrrpRouter(
      {
        sendAdvert: () => this.#send(name, router.settings.priority),
        sendResignation: () => this.#send(name, RESIGN_PRIORITY),
        takeAddresses: () => {},
        releaseAddresses: () => {},
        announce: () => {},
        advertTime: (atNs) => atNs,
        mayPromote: () => true,
        changed: () => {},
        ...port,
      },
      settings,
      (flags) => {
        const key = JSON.stringify(flags);
        const table = this.#tables.get(key) ?? compileTable(flags);
        this.#tables.set(key, table);
        return table;
      },
    );
    const address = Uint8Array.of(10, 0, 0, name + 1);
    const node: SimulatedNode = {
      name,
      router,
      address,
      alive: true,
      latenessNs: 0,
      adverts: 0,
      advertTimes: [],
    };
    this.nodes.push(node);
    return node;
  }

  start(): void {
    for (const node of this.nodes) node.router.control('startup', ns(this.nowNs), 'started');
    this.#note();
  }

  kill(node: SimulatedNode): void {
    node.alive = false;
    this.#note();
  }

  /** Runs to `untilNs`. */
  run(untilNs: number): void {
    while (this.nextNs <= untilNs) this.step();
    this.nowNs = untilNs;
  }

  /** When the next packet or deadline is. */
  get nextNs(): number {
    return Math.min(this.#nextDueNs(this.#nextDue()), this.#packets[0]?.atNs ?? Number.POSITIVE_INFINITY);
  }

  /** The next thing that happens: the packet where a packet and a deadline meet, as a router that listens before it acts. */
  step(): void {
    const packet = this.#packets[0];
    const node = this.#nextDue();
    const dueNs = this.#nextDueNs(node);
    const packetNs = packet?.atNs ?? Number.POSITIVE_INFINITY;
    this.nowNs = Math.max(this.nowNs, Math.min(dueNs, packetNs));
    if (packet !== undefined && packetNs <= dueNs) {
      this.#packets.shift();
      this.#deliver(packet);
    } else {
      node?.router.due(ns(this.nowNs));
    }
    this.#note();
  }

  aliveMasters(): SimulatedNode[] {
    return this.nodes.filter((node) => node.alive && node.router.isMaster);
  }

  /** The longest time in which two nodes or more (`many`), or none, were master, from `sinceNs` until now. */
  longest(what: 'none' | 'many', sinceNs: number): number {
    let longest = 0;
    let run = 0;
    this.masters.forEach(({ fromNs, names }, index) => {
      const from = Math.max(fromNs, sinceNs);
      const to = Math.max(this.masters[index + 1]?.fromNs ?? this.nowNs, sinceNs);
      run = (what === 'none' ? names.length === 0 : names.length > 1) ? run + to - from : 0;
      longest = Math.max(longest, run);
    });
    return longest;
  }

  #nextDueNs(node: SimulatedNode | null): number {
    return node === null ? Number.POSITIVE_INFINITY : node.router.deadlineNs + node.latenessNs;
  }

  #nextDue(): SimulatedNode | null {
    let best: SimulatedNode | null = null;
    const at = (node: SimulatedNode) => node.router.deadlineNs + node.latenessNs;
    for (const node of this.nodes) if (node.alive && (best === null || at(node) < at(best))) best = node;
    return best;
  }

  #send(from: number, priority: number): void {
    const sender = this.nodes[from];
    if (sender === undefined) return;
    sender.adverts += 1;
    sender.advertTimes.push(this.nowNs);
    const cs = intervalToWire(sender.router.settings.intervalNs);
    for (const { name } of this.nodes) {
      if (name === from) continue;
      const delay = this.#medium(from, name, this.nowNs);
      if (delay !== null) this.#packets.push({ atNs: this.nowNs + delay, from, to: name, priority, cs });
    }
    this.#packets.sort((a, b) => a.atNs - b.atNs);
  }

  #deliver({ atNs, from, to, priority, cs }: Packet): void {
    const sender = this.nodes[from];
    const receiver = this.nodes[to];
    if (sender === undefined || receiver === undefined || !receiver.alive) return;
    const order = compareAddresses(sender.address, receiver.address);
    const intervalNs = intervalFromWire(cs);
    if (receiver.router.isSecondMaster(priority, intervalNs, order, atNs as Nanoseconds)) this.#onSecondMaster(to);
    receiver.router.advert(priority, intervalNs, order, atNs as Nanoseconds);
    this.onHeard(to, priority);
  }

  #note(): void {
    const names = this.aliveMasters().map(({ name }) => name);
    const last = this.masters.at(-1);
    if (last?.names.join() !== names.join()) this.masters.push({ fromNs: this.nowNs, names });
  }
}
