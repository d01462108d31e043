/** The tables of `fulcrum show`: pure, from a view to lines. */

import { hostPort } from '../../model/ip-address.js';
import type {
  DataplaneDestinationView,
  DataplaneServiceView,
  DataplaneView,
} from '../../model/observing/dataplane-views.js';
import type {
  ActorView,
  CheckView,
  LatenessView,
  ListedBackend,
  ServiceView,
  SyncGroupView,
  TrafficSumView,
  VrrpView,
} from '../../model/observing/views.js';
import { shownState } from '../../model/states.js';
import { fold } from '../text/fold.js';
import { ago, bytes, microseconds, milliseconds } from '../text/format.js';
import type { Paint } from '../text/paint.js';
import { type Column, safe, stateCell, table } from '../text/table.js';

/** How and for whom: colours, the width of a terminal (or none), and what time it is. */
export type Look = { readonly paint: Paint; readonly width: number; readonly nowMs: number };

const orNone = (lines: readonly string[], none: string): readonly string[] => (lines.length > 1 ? lines : [none]);

const addressOf = (service: Pick<ServiceView, 'address' | 'port' | 'fwmark'>): string =>
  service.fwmark === null ? hostPort(service.address, service.port) : `fwmark ${service.fwmark}`;

/** `10.0.0.100,10.0.0.101-110:80,443`. */
const placesOf = (service: ServiceView): string =>
  service.addresses.length === 0
    ? addressOf(service)
    : `${service.addresses.map((address) => (address.includes(':') ? `[${address}]` : address)).join(',')}:${service.ports.join(',')}`;

export function serviceLines(services: readonly ServiceView[], { paint, width }: Look): readonly string[] {
  const columns: Column<ServiceView>[] = [
    { title: 'SERVICE', cell: ({ name }) => name },
    { title: 'ADDRESS', cell: placesOf },
    { title: 'PROTO', spare: 3, cell: ({ protocol }) => protocol },
    { title: 'SCHEDULER', spare: 4, cell: ({ scheduler }) => scheduler },
    { title: 'FORWARDING', spare: 5, cell: ({ forwarding }) => forwarding },
    { title: 'STATE', cell: ({ healthy, enabled }) => stateCell(serviceState(healthy, enabled)) },
    { title: 'BACKENDS', align: 'right', cell: ({ backends }) => `${healthyOf(backends)}/${backends.length}` },
    ...trafficColumns,
    { title: 'WHY', cell: ({ why, sorry }) => (sorry ? `${why}; the sorry server answers` : why) },
  ];
  return orNone(table(columns, services, paint, width), 'no services');
}

/** Connections now (and, with IPVS, those that are not established), ever, and bytes from and to clients. */
const trafficColumns: readonly Column<{ readonly traffic: TrafficSumView | null }>[] = [
  { title: 'CONNS', spare: 6, align: 'right', cell: ({ traffic }) => (traffic === null ? '' : connectionsOf(traffic)) },
  { title: 'TOTAL', spare: 8, align: 'right', cell: ({ traffic }) => traffic?.connections ?? '' },
  { title: 'IN', spare: 7, align: 'right', cell: ({ traffic }) => (traffic === null ? '' : bytes(traffic.bytes_in)) },
  { title: 'OUT', spare: 9, align: 'right', cell: ({ traffic }) => (traffic === null ? '' : bytes(traffic.bytes_out)) },
];

export const connectionsOf = ({ active, inactive }: Pick<TrafficSumView, 'active' | 'inactive'>): string =>
  inactive === 0 ? String(active) : `${active}+${inactive}`;

export const serviceState = (healthy: boolean, enabled: boolean): string => {
  if (!enabled) return 'disabled';
  return healthy ? 'healthy' : 'unhealthy';
};

export const healthyOf = (backends: readonly { readonly state: string }[]): number =>
  backends.filter(({ state }) => state === 'healthy').length;

export function backendLines(backends: readonly ListedBackend[], { paint, width }: Look): readonly string[] {
  const columns: Column<ListedBackend>[] = [
    { title: 'SERVICE', cell: ({ service }) => service },
    { title: 'BACKEND', cell: ({ name }) => name },
    { title: 'ADDRESS', spare: 1, cell: ({ address, port }) => hostPort(address, port) },
    {
      title: 'WEIGHT',
      spare: 2,
      align: 'right',
      cell: weightCell,
    },
    { title: 'STATE', cell: (backend) => stateCell(shownState(backend)) },
    ...trafficColumns,
    { title: 'WHY', cell: ({ why }) => why },
  ];
  return orNone(table(columns, backends, paint, width), 'no backends');
}

function weightCell({ weight, configured_weight, operator_weight, checked_weight }: ListedBackend): number | string {
  const meant = operator_weight ?? checked_weight ?? configured_weight;
  const now = weight === meant ? String(weight) : `${weight} of ${meant}`;
  return operator_weight === null && checked_weight === null ? now : `${now} (file ${configured_weight})`;
}

export function checkLines(checks: readonly CheckView[], { paint, width, nowMs }: Look): readonly string[] {
  const columns: Column<CheckView>[] = [
    { title: 'TYPE', cell: ({ type }) => type },
    { title: 'TARGET', cell: ({ target }) => target },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'FAILED', spare: 2, align: 'right', cell: ({ failures }) => failures },
    { title: 'PASSED', spare: 3, align: 'right', cell: ({ successes }) => successes },
    { title: 'LAST', spare: 1, align: 'right', cell: ({ last_check }) => ago(last_check, nowMs) },
    { title: 'TOOK', spare: 4, align: 'right', cell: ({ duration_ms, last_check }) => tookOf(last_check, duration_ms) },
    { title: 'RESULT', cell: ({ message }) => message },
  ];
  return orNone(table(columns, checks, paint, width), 'no checks');
}

const tookOf = (lastCheck: string | null, ms: number): string => (lastCheck === null ? '' : milliseconds(ms));

export function vrrpLines(instances: readonly VrrpView[], { paint, width }: Look): readonly string[] {
  const columns: Column<VrrpView>[] = [
    { title: 'INSTANCE', cell: ({ name }) => name },
    { title: 'VRID', spare: 1, align: 'right', cell: ({ vrid }) => vrid },
    {
      title: 'INTERFACE',
      spare: 2,
      cell: ({ interface: link, vmac }) => (vmac === null ? link : `${link}, ${vmac.interface}`),
    },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'PRIORITY', align: 'right', cell: priorityOf },
    { title: 'MASTER DOWN', spare: 6, align: 'right', cell: (each) => milliseconds(each.master_down_interval_ms) },
    {
      title: 'ADVERTS',
      spare: 5,
      cell: ({ adverts }) => `${adverts.sent} out, ${adverts.received} in, ${adverts.rejected} bad`,
    },
    { title: 'LATE 1 h p99/max', spare: 7, cell: ({ lateness_last_hour_us: late }) => lateness(late) },
    { title: 'LATE max', spare: 8, align: 'right', cell: ({ lateness_us: late }) => microseconds(late.max) },
    { title: 'PEER', spare: 3, cell: peerOf },
    { title: 'WHY', cell: ({ why }) => why },
  ];
  const lines = table(columns, instances, paint, width);
  const notes = new Set(instances.map(({ realtime }) => realtime).filter((note) => note !== ''));
  const footer = [...notes].flatMap((note) =>
    fold(`real time: ${safe(note)}`, width).map((line) => paint('dim', line)),
  );
  const details = instances.flatMap((each) => [
    ...vmacLines(each, width),
    ...trackedLines(each, width),
    ...missingLines(each, width),
  ]);
  return orNone([...lines, ...details, ...footer], 'no VRRP instances');
}

const vmacLines = ({ name, interface: base, vmac }: VrrpView, width: number): readonly string[] => {
  if (vmac === null) return [];
  const by = vmac.transmit === 'vmac' ? vmac.interface : base;
  return fold(safe(`${name}: virtual MAC address ${vmac.mac} on ${vmac.interface}, adverts leave by ${by}`), width);
};

/** What costs or adds priority, or is a fault. */
const trackedLines = ({ name, tracked }: VrrpView, width: number): readonly string[] =>
  tracked
    .filter(({ priority, fault }) => fault || priority !== 0)
    .flatMap(({ kind, name: what, priority, fault, why }) => {
      const effect = fault ? 'fault' : `priority ${priority > 0 ? '+' : ''}${priority}`;
      return fold(safe(`${name}: ${effect} by tracked ${kind} ${what}: ${why}`), width);
    });

/** What a master should have in the kernel, and has not. */
const missingLines = ({ name, state, held }: VrrpView, width: number): readonly string[] =>
  held
    .filter((each) => state === 'master' && each.state === 'absent')
    .flatMap(({ kind, text, why }) => {
      const reason = why === null ? '' : `: ${why}`;
      return fold(safe(`${name}: the ${kind} ${text} is missing${reason}`), width);
    });

export function syncGroupLines(groups: readonly SyncGroupView[], { paint, width }: Look): readonly string[] {
  const columns: Column<SyncGroupView>[] = [
    { title: 'SYNC GROUP', cell: ({ name }) => name },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'INSTANCES', cell: ({ state, instances }) => instances.map((each) => memberOf(each, state)).join(', ') },
    { title: 'CHANGES', align: 'right', cell: ({ transitions }) => transitions },
    { title: 'WHY', cell: ({ why }) => why },
  ];
  return orNone(table(columns, groups, paint, width), 'no sync groups');
}

/** Nothing but its name where it is as the group is. */
function memberOf({ name, state, ready }: SyncGroupView['instances'][number], groupState: string): string {
  if (state !== groupState) return `${name} (${state})`;
  return ready ? `${name} (ready)` : name;
}

const lateness = ({ p99, max }: LatenessView): string => `${microseconds(p99)}/${microseconds(max)}`;
const peerOf = ({ peer }: VrrpView): string =>
  peer === null ? '-' : `${peer.address} (${peer.priority}${peer.resigned ? ', resigned' : ''})`;

const priorityOf = ({ priority, effective_priority: now }: VrrpView): string =>
  now === priority ? String(priority) : `${now} of ${priority}`;

function schedulingOf(service: DataplaneServiceView): string {
  const { scheduler, scheduler_flags, persistence_s, persistence_granularity: net, one_packet, extra } = service;
  const how = [scheduler, ...scheduler_flags].join(' ');
  const more = [
    persistence_s === null ? '' : `persistent ${persistence_s} s${net === null ? '' : ` by ${net}`}`,
    one_packet ? 'one packet' : '',
    extra ?? '',
  ];
  return [how, ...more].filter((part) => part !== '').join(', ');
}

/** As `ipvsadm -Ln` shows it: a service, and its destinations below. */
export function ipvsLines(view: DataplaneView, { paint, width }: Look): readonly string[] {
  type Row = { readonly head: string; readonly scheduler: string } & Partial<DataplaneDestinationView>;
  const forwardingOf = ({ forwarding = '', tunnel, extra }: Row) =>
    [forwarding, tunnel ?? '', extra ?? ''].filter((part) => part !== '').join(' ');
  const rows = view.services.flatMap((service): Row[] => [
    {
      head: `${service.protocol} ${addressOf(service)}${service.name === null ? ' (not ours)' : ` ${service.name}`}`,
      scheduler: schedulingOf(service),
    },
    ...service.destinations.map((destination) => ({
      head: `  -> ${hostPort(destination.address, destination.port)}`,
      scheduler: '',
      ...destination,
    })),
  ]);
  const columns: Column<Row>[] = [
    { title: 'SERVICE / DESTINATION', cell: ({ head }) => head },
    { title: 'SCHEDULER', spare: 3, cell: ({ scheduler }) => scheduler },
    { title: 'FORWARDING', spare: 2, cell: forwardingOf },
    { title: 'WEIGHT', align: 'right', cell: ({ weight }) => weight ?? '' },
    { title: 'ACTIVE', align: 'right', cell: (row) => row.active_connections ?? '' },
    { title: 'INACTIVE', spare: 4, align: 'right', cell: (row) => row.inactive_connections ?? '' },
    { title: 'TOTAL', spare: 6, align: 'right', cell: ({ connections }) => connections ?? '' },
    { title: 'IN', spare: 5, align: 'right', cell: (row) => (row.bytes_in === undefined ? '' : bytes(row.bytes_in)) },
    {
      title: 'OUT',
      spare: 7,
      align: 'right',
      cell: (row) => (row.bytes_out === undefined ? '' : bytes(row.bytes_out)),
    },
  ];
  const heading = fold(`${view.driver}: ${safe(view.why)}`, width).map((line) => paint('bold', line));
  return [...heading, ...orNone(table(columns, rows, paint, width), 'the table is empty')];
}

export function actorLines(actors: readonly ActorView[], { paint, width }: Look): readonly string[] {
  const columns: Column<ActorView>[] = [
    { title: 'ACTOR', cell: ({ name }) => name },
    { title: 'THREAD', spare: 2, align: 'right', cell: ({ thread_id }) => thread_id },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'RESTARTS', align: 'right', cell: ({ restarts }) => restarts },
    { title: 'MAILBOX', spare: 1, align: 'right', cell: ({ mailbox }) => mailbox },
    { title: 'LAST ERROR', cell: ({ last_error }) => last_error ?? '' },
  ];
  return orNone(table(columns, actors, paint, width), 'no actors');
}
