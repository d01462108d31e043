/** A writer over a driver that can be told to fail, with a clock and timers in the test's hands. */

import type { ReconcilerSettings } from '../../../src/actors/dataplane/reconcile/context.js';
import { type Ownership, ownsEverything } from '../../../src/actors/dataplane/reconcile/ownership.js';
import { Reconciler } from '../../../src/actors/dataplane/reconcile/reconciler.js';
import type { Driver } from '../../../src/dataplane/driver.js';
import type { Change } from '../../../src/model/dataplane/change.js';
import {
  applyChange,
  type ChangeResult,
  copyTable,
  done,
  type MutableTable,
} from '../../../src/model/dataplane/change.js';
import type { DesiredDestination, DesiredService } from '../../../src/model/dataplane/desired-service.js';
import type { ServiceKey } from '../../../src/model/dataplane/table.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import { ns, port as portOf } from '../../../src/model/units.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';

export type WriterRig = {
  readonly writer: Reconciler;
  readonly driver: Driver;
  /** What the driver really holds; the test may change it behind the writer's back. */
  readonly table: MutableTable;
  /** Every change that the driver was asked for, one array a call. */
  readonly calls: Change[][];
  readonly reads: () => number;
  readonly events: EventBody[];
  readonly meter: ActorMeter;
  /** What the driver answers instead of doing it; null = do it. */
  refuse: (change: Change) => ChangeResult | null;
  /** A look at the table sees it as it is, but answers only when this is called; until the next `holdRead`. */
  readonly holdRead: () => () => void;
  /** Lets the writer finish what it can do now. */
  readonly settle: () => Promise<void>;
  /** Moves the clock, and calls what is due, step by step. */
  readonly advance: (byNs: number) => Promise<void>;
};

/** Remembers in memory; `owned` is what it remembers. */
export function memoryOwnership(owned: Set<ServiceKey> = new Set()): Ownership {
  return {
    has: (key) => owned.has(key),
    add: (key) => void owned.add(key),
    delete: (key) => void owned.delete(key),
    retain: (isThere) => {
      for (const key of owned) if (!isThere(key)) owned.delete(key);
    },
    written: async () => {},
  };
}

export const settings: ReconcilerSettings = { manage: 'own', maxRemovals: null, reconcileIntervalNs: ns(30e9) };

export function startWriter(
  options: { settings?: Partial<ReconcilerSettings>; shared?: boolean; ownership?: Ownership } = {},
): WriterRig {
  const table: MutableTable = new Map();
  const calls: Change[][] = [];
  const events: EventBody[] = [];
  const meter = new ActorMeter();
  let reads = 0;
  let held: Promise<void> | null = null;
  let nowNs = 1e9;
  const timers = new Set<{ readonly at: number; readonly then: () => void }>();
  const driver: Driver = {
    kind: 'dry-run',
    capabilities: { outlivesProcess: false, shared: options.shared ?? false, concurrent: false },
    accept: (entry) =>
      entry.service.scheduler === 'impossible'
        ? { kind: 'refused', reason: 'no scheduler impossible' }
        : { kind: 'accepted', entry },
    read: async () => {
      reads += 1;
      const seen = copyTable(table);
      await held;
      return seen;
    },
    apply: async (changes) => {
      calls.push([...changes]);
      return changes.map((change) => {
        const refused = rig.refuse(change);
        if (refused !== null) return refused;
        const misfit = applyChange(table, change);
        return misfit === null ? done : { ok: false, code: misfit, message: `${change.kind}: ${misfit}` };
      });
    },
    counts: async () => new Map(),
    vrrpChanged: async () => {},
    configure: () => {},
    close: async () => {},
  };
  const settle = async () => {
    // Driver calls of this rig take a few microtasks each; a turn of the loop starts each batch.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const writer = new Reconciler(
    {
      log: silentLog,
      meter,
      event: (body) => events.push(body),
      now: () => ns(nowNs),
      after: (delayNs, then) => {
        const timer = { at: nowNs + delayNs, then };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    driver,
    options.ownership ?? ownsEverything,
    { ...settings, ...options.settings },
  );
  const rig: WriterRig = {
    writer,
    driver,
    table,
    calls,
    reads: () => reads,
    events,
    meter,
    refuse: () => null,
    settle,
    holdRead: () => {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = null;
        release();
      };
    },
    advance: async (byNs) => {
      const until = nowNs + byNs;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        nowNs = Math.max(nowNs, due.at);
        due.then();
        await settle();
      }
      nowNs = until;
    },
  };
  return rig;
}

export const wanted = (
  name: string,
  port: number,
  backends: readonly Partial<DesiredDestination>[],
  more: Partial<DesiredService> = {},
): DesiredService => ({
  name,
  match: { kind: 'address', address: '10.0.0.1', port: portOf(port), protocol: 'tcp' },
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations: backends.map((backend, index) => ({
    backend: `b${index}`,
    address: `10.0.1.${index + 1}`,
    port: 80,
    weight: 1,
    forwarding: 'nat',
    maxConnections: 0,
    tunnel: null,
    draining: false,
    ...backend,
  })),
  ...more,
});

/** A table as short text: `tcp 10.0.0.1:80 = 10.0.1.1:80*1`. */
export const tableText = (table: MutableTable): string[] =>
  Array.from(table.values(), ({ service, destinations }) =>
    `${service.key} = ${Array.from(destinations.values(), ({ key, weight }) => `${key}*${weight}`).join(' ')}`.trimEnd(),
  ).toSorted();
