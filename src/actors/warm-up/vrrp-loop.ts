/** A VRRP loop whose wire is a pair of sockets, so that nothing leaves this process: to warm the thread up on, and for tests. */
import type { VrrpInstanceConfig } from '../../model/config.js';
import { ns } from '../../model/units.js';
import { closeOwnedFd, duplicateFd } from '../../os/kernel/owned-fd.js';
import { sendTo } from '../../os/kernel/socket-call.js';
import { openSocketPair } from '../../os/kernel/socket-pair.js';
import { InterfaceTable } from '../../os/netlink/interface-table.js';
import { ReceiveRing } from '../../os/packets/receive-ring.js';
import { silentLog } from '../../workers/host/dry-context.js';
import { ActorMeter } from '../../workers/host/meter.js';
import type { VrrpDependencies } from '../vrrp/dependencies.js';
import type { VrrpInstance } from '../vrrp/instance/instance.js';
import { InstanceManager } from '../vrrp/instance-manager.js';
import { type LoopParts, VrrpLoop } from '../vrrp/loop.js';
import type { PacketDispatcher } from '../vrrp/packet-dispatcher.js';
import { SpinMargin } from '../vrrp/spin-margin.js';

/** The address of the imagined interface. */
export const ownAddress = Uint8Array.of(192, 0, 2, 1);
const INTERFACE_INDEX = 1;
const connected = new Uint8Array(0);

export type DryLoop = Disposable & {
  readonly loop: VrrpLoop;
  readonly instance: VrrpInstance;
  readonly dispatcher: PacketDispatcher;
  /** The far end, where what the instance sends comes out. */
  readonly wire: number;
  /** A packet comes in. */
  hear(packet: Uint8Array): void;
  /** A new configuration of the instance. */
  configure(config: VrrpInstanceConfig): void;
  /** As if something of the machine's interfaces had changed. */
  touchInterfaces(): void;
};

export type DryParts = Pick<VrrpDependencies, 'clock' | 'realtime' | 'tableOf' | 'hedge'> &
  Pick<LoopParts, 'tidying' | 'poll'>;

/** One instance on an interface that is up and has an IPv4 address. The first turn starts it; what it tells is heard by nobody. */
export function createDryLoop(config: VrrpInstanceConfig, parts: DryParts): DryLoop {
  const { clock, realtime, tidying, poll } = parts;
  const wire = openSocketPair();
  const silence = openSocketPair();
  const interfaces = imaginedInterfaces(config.interface);
  const ring = new ReceiveRing(clock);
  const sockets = () => ({ sender: duplicateFd(wire.b), receiver: duplicateFd(wire.b), hasHeader: false });
  const roster = new InstanceManager(deafWorld(parts, interfaces), ring, sockets);
  const configure = (next: VrrpInstanceConfig) =>
    roster.configure(
      {
        ...noTracking,
        realtime: 'off',
        hedge: 'off',
        startupDelayNs: ns(0),
        version: 3,
        syncGroups: [],
        instances: [next],
      },
      clock.now(),
      0,
    );
  configure(config);
  const loop = new VrrpLoop({
    clock,
    roster,
    routes: {
      watchFd: silence.a,
      readAll: () => [],
      changes: () => {
        ring.receive(silence.a);
        return [];
      },
    },
    interfaces,
    spin: new SpinMargin(realtime.spin),
    tidying,
    poll,
  });
  return {
    loop,
    instance: roster.byName(config.name),
    dispatcher: roster.dispatchers[0] as PacketDispatcher,
    wire: wire.a,
    hear: (packet) => void sendTo(wire.a, packet, connected),
    configure,
    touchInterfaces: () => void sendTo(silence.b, Uint8Array.of(1), connected),
    [Symbol.dispose]() {
      roster.stop(clock.now(), 'over');
      for (const fd of [wire.a, wire.b, silence.a, silence.b]) closeOwnedFd(fd);
    },
  };
}

const noTracking = { scripts: {}, processes: {}, files: {} };

function imaginedInterfaces(name: string): InterfaceTable {
  const interfaces = new InterfaceTable();
  interfaces.reset([
    { kind: 'link', index: INTERFACE_INDEX, name, up: true, running: true, hardware: new Uint8Array(), macvlan: null },
    {
      kind: 'address',
      family: 'ipv4',
      index: INTERFACE_INDEX,
      address: ownAddress,
      prefixLength: 24,
      secondary: false,
      tentative: false,
      protocol: 0,
    },
  ]);
  return interfaces;
}

const deafWorld = ({ clock, realtime, tableOf, hedge }: DryParts, interfaces: InterfaceTable): VrrpDependencies => ({
  clock,
  interfaces,
  realtime,
  hedge,
  tableOf,
  routes: { change: (changes) => changes.map(() => null), changeLink: () => null },
  sysctls: { read: () => null, write: () => null },
  rememberSettings() {},
  frames: { send: () => 0 },
  out: { log: silentLog, meter: new ActorMeter(), event() {}, state() {} },
  tellState() {},
  serviceHealthy: () => null,
  tracked: () => null,
  inMaintenance: () => false,
});
