/** One picture of `fulcrum top`: pure, from what is known to the lines of a terminal. */
import type { BriefStatusView, EventView } from '../../actors/gateway/http/schemas.js';
import { hostPort } from '../../model/ip-address.js';
import type { DataplaneDestinationView, DataplaneView } from '../../model/observing/dataplane-views.js';
import { shownState } from '../../model/states.js';
import { bytes, duration } from '../text/format.js';
import { colourOf, type Paint } from '../text/paint.js';
import { type Column, cut, safe, stateCell, table } from '../text/table.js';
import { eventLine } from '../views/events.js';
import { actorsOf, statesOf } from '../views/summary.js';
import { connectionsOf, serviceState } from '../views/tables.js';
import type { Picture, View } from './live.js';

export type TopModel = {
  readonly status: BriefStatusView;
  /** Oldest first. */
  readonly events: readonly EventView[];
  /** The data plane's table, for what flows; null where it does not tell. */
  readonly table: DataplaneView | null;
  /** Null: the status is fresh. */
  readonly trouble: string | null;
};

/** At most `rows` lines of at most `columns` letters; `scroll` as far as it can go. */
export function renderTop(model: TopModel, view: View, paint: Paint): Picture {
  const { columns, rows } = view;
  const head = headLines(model, columns, paint);
  const footRows = Math.min(model.events.length, Math.max(Math.floor(rows / 4), 1)) + 1;
  const list = listLines(model, view, paint);
  const [title = '', ...entries] =
    list.length > 1 ? list : ['', view.onlyProblems ? 'everything is well' : 'no services'];
  const room = Math.max(rows - head.length - footRows - 1, 1);
  const scroll = Math.max(0, Math.min(view.scroll, entries.length - room));
  const shown = entries.slice(scroll, scroll + room);
  const filler = new Array<string>(Math.max(room - shown.length, 0)).fill('');
  const look = { paint, width: columns, nowMs: 0 };
  const events = model.events.slice(-(footRows - 1)).map((event) => eventLine(event, look));
  const position = entries.length > room ? `  ${scroll + 1}-${scroll + shown.length} of ${entries.length}` : '';
  const keys = 'q quit · arrows scroll · p only problems';
  const foot = paint('dim', cut(`${keys}${view.onlyProblems ? ' (on)' : ''}${position}`, columns));
  return { lines: [...head, title, ...shown, ...filler, ...events, foot].slice(0, rows), scroll };
}

function headLines({ status, trouble }: TopModel, columns: number, paint: Paint): string[] {
  const name = `${safe(status.node)}  fulcrum ${status.version}  up ${duration(status.uptime_ms)}  `;
  const state =
    trouble === null
      ? paint(colourOf(status.state), status.state)
      : paint('red', cut(safe(trouble), columns - name.length));
  const driver =
    status.dataplane === null ? '' : `data plane ${status.dataplane.driver}: ${safe(status.dataplane.why)}`;
  const healthy = status.services.filter((each) => each.healthy).length;
  const counts = `services ${healthy} of ${status.services.length} healthy   backends ${statesOf(status)}   actors ${actorsOf(status)}`;
  const vrrp = status.vrrp.map((each) => `${safe(each.name)} ${each.state}`).join('  ');
  return [
    `${paint('bold', cut(name, columns))}${state}`,
    cut(driver, columns),
    cut(counts, columns),
    ...(vrrp === '' ? [] : [cut(`vrrp ${vrrp}`, columns)]),
    ...(status.why === '' ? [] : [cut(safe(status.why), columns)]),
    '',
  ];
}

type Row = {
  readonly name: string;
  readonly address: string;
  readonly weight: string;
  readonly state: string;
  readonly flow: Flow | undefined;
  readonly why: string;
};
type Flow = Pick<DataplaneDestinationView, 'active_connections' | 'inactive_connections' | 'bytes_in' | 'bytes_out'>;

/** By service and backend. */
function flowsOf(table: DataplaneView | null): ReadonlyMap<string, Flow> {
  const flows = new Map<string, Flow>();
  for (const { name, destinations } of table?.services ?? []) {
    for (const each of destinations) {
      const key = `${name}\0${each.backend}`;
      if (!flows.has(key)) flows.set(key, each);
    }
  }
  return flows;
}

function listLines(
  { status: { services }, table: dataplane }: TopModel,
  { columns, onlyProblems }: View,
  paint: Paint,
): string[] {
  const flows = flowsOf(dataplane);
  const rows = services.flatMap((service): Row[] => {
    const backends = service.backends.filter(({ state }) => !onlyProblems || state !== 'healthy');
    if (onlyProblems && service.healthy && backends.length === 0) return [];
    return [
      {
        name: service.name,
        address: '',
        weight: '',
        state: serviceState(service.healthy, service.enabled),
        flow: undefined,
        why: service.why,
      },
      ...backends.map((backend) => ({
        name: `  ${backend.name}`,
        address: hostPort(backend.address, backend.port),
        weight: String(backend.weight),
        state: shownState(backend),
        flow: flows.get(`${service.name}\0${backend.name}`),
        why: backend.why,
      })),
    ];
  });
  const shape: Column<Row>[] = [
    { title: 'SERVICE / BACKEND', cell: ({ name }) => name },
    { title: 'ADDRESS', spare: 1, cell: ({ address }) => address },
    { title: 'WEIGHT', spare: 3, align: 'right', cell: ({ weight }) => weight },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'CONNS', spare: 2, align: 'right', cell: ({ flow }) => (flow === undefined ? '' : countOf(flow)) },
    { title: 'IN', spare: 4, align: 'right', cell: ({ flow }) => (flow === undefined ? '' : bytes(flow.bytes_in)) },
    { title: 'OUT', spare: 5, align: 'right', cell: ({ flow }) => (flow === undefined ? '' : bytes(flow.bytes_out)) },
    { title: 'WHY', cell: ({ why }) => why },
  ];
  return table(shape, rows, paint, columns);
}

const countOf = ({ active_connections: active, inactive_connections: inactive }: Flow): string =>
  connectionsOf({ active, inactive });
