/** One picture of `fulcrum top`: pure, from what is known to the lines of a terminal. */
import type { EventView, StatusView } from '../../gateway/schemas.js';
import { hostPort } from '../../wire/ip-address.js';
import { duration } from '../format.js';
import { colourOf, type Paint } from '../paint.js';
import { type Column, cut, safe, stateCell, table } from '../table.js';
import { actorsOf, statesOf } from '../views/summary.js';
import { eventLine, serviceState } from '../views/tables.js';

export type TopModel = {
  readonly status: StatusView;
  /** Oldest first. */
  readonly events: readonly EventView[];
  /** Null: the status is fresh. */
  readonly trouble: string | null;
};

export type TopView = {
  readonly columns: number;
  readonly rows: number;
  /** First line of the list that is shown. */
  readonly scroll: number;
  readonly onlyProblems: boolean;
};

/** At most `rows` lines of at most `columns` letters; `scroll` as far as it can go. */
export function renderTop(model: TopModel, view: TopView, paint: Paint): { lines: string[]; scroll: number } {
  const { columns, rows } = view;
  const head = headLines(model, columns, paint);
  const footRows = Math.min(model.events.length, Math.max(Math.floor(rows / 4), 1)) + 1;
  const list = listLines(model.status, view, paint);
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
  readonly why: string;
};

function listLines({ services }: StatusView, { columns, onlyProblems }: TopView, paint: Paint): string[] {
  const rows = services.flatMap((service): Row[] => {
    const backends = service.backends.filter(({ state }) => !onlyProblems || state !== 'healthy');
    if (onlyProblems && service.healthy && backends.length === 0) return [];
    return [
      {
        name: service.name,
        address: '',
        weight: '',
        state: serviceState(service.healthy, service.enabled),
        why: service.why,
      },
      ...backends.map(({ name, address, port, weight, state, why }) => ({
        name: `  ${name}`,
        address: hostPort(address, port),
        weight: String(weight),
        state,
        why,
      })),
    ];
  });
  const shape: Column<Row>[] = [
    { title: 'SERVICE / BACKEND', cell: ({ name }) => name },
    { title: 'ADDRESS', cell: ({ address }) => address },
    { title: 'WEIGHT', align: 'right', cell: ({ weight }) => weight },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'WHY', cell: ({ why }) => why },
  ];
  return table(shape, rows, paint, columns);
}
