/** A VRRP loop with one instance whose wire is a pair of sockets: what is sent on `wire` is heard by the instance. */
import { VrrpInstance } from '../../src/actors/vrrp/instance.js';
import { VrrpLoop } from '../../src/actors/vrrp/loop.js';
import { Segment } from '../../src/actors/vrrp/segment.js';
import { SpinMargin } from '../../src/actors/vrrp/spin-margin.js';
import { imaginedInterface } from '../../src/actors/vrrp/warm-up.js';
import type { World } from '../../src/actors/vrrp/world.js';
import type { VrrpInstanceConfig } from '../../src/config/model.js';
import type { RouterFlags } from '../../src/machines/vrrp.js';
import { compileTable, type RouterTable } from '../../src/machines/vrrp-table.js';
import { InterfaceTable } from '../../src/net/interface-table.js';
import { closeOwnedFd } from '../../src/net/owned-fd.js';
import { PreciseClock } from '../../src/net/precise-clock.js';
import { ReceiveRing } from '../../src/net/receive-ring.js';
import { openSocketPair } from '../../src/net/socket-pair.js';
import { ActorMeter } from '../../src/workers/meter.js';

export const ownAddress = Uint8Array.of(192, 0, 2, 1);

export type LoopRig = Disposable & {
  readonly loop: VrrpLoop;
  readonly instance: VrrpInstance;
  readonly segment: Segment;
  /** The far end: what the instance sends comes out of it, and what goes in is heard. */
  readonly wire: number;
};

export function createLoopRig(config: VrrpInstanceConfig): LoopRig {
  const clock = new PreciseClock();
  const tables = new Map<string, RouterTable>();
  const tableOf = (flags: RouterFlags) => {
    const key = JSON.stringify(flags);
    const table = tables.get(key) ?? compileTable(flags);
    tables.set(key, table);
    return table;
  };
  const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const world: World = {
    clock,
    interfaces: new InterfaceTable(),
    routes: { change: (changes) => changes.map(() => null) },
    frames: { send: () => 0 },
    realtime: { features: [], refused: [], text: 'none', spin: { leastNs: 20_000, mostNs: 20_000 } },
    tableOf,
    out: { log, meter: new ActorMeter(), event() {}, state() {} },
    tellState() {},
    serviceHealthy: () => null,
  };
  const wire = openSocketPair();
  const silence = openSocketPair();
  const place = { interface: config.interface, family: 'ipv4', interfaceIndex: 1 } as const;
  const segment = new Segment(place, new ReceiveRing(clock), clock, () => ({ sender: wire.b, receiver: wire.b }));
  const instance = new VrrpInstance(config, world);
  const link = imaginedInterface(config.interface, ownAddress);
  instance.assess({ link, segment, problem: null }, clock.now());
  segment.join(config.vrid, instance);
  instance.start(clock.now());
  const loop = new VrrpLoop({
    clock,
    roster: {
      instances: [instance],
      segments: [segment],
      watches: [],
      generation: 0,
      nextNs: Number.POSITIVE_INFINITY,
      work() {},
      assess() {},
      flush() {},
    },
    routes: { watchFd: silence.a, changes: () => [], readAll: () => [] },
    interfaces: world.interfaces,
    spin: new SpinMargin(world.realtime.spin),
    poll: () => false,
  });
  return {
    loop,
    instance,
    segment,
    wire: wire.a,
    [Symbol.dispose]() {
      for (const fd of [wire.a, wire.b, silence.a, silence.b]) closeOwnedFd(fd);
    },
  };
}
