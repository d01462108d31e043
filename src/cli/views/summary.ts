/** `fulcrum status` for people: how it is on a screen, and what is not well. */
import type { BriefStatusView } from '../../actors/gateway/http/schemas.js';
import { priorityText } from '../../machines/vrrp/tracking.js';
import { shownState } from '../../model/states.js';
import { fold } from '../text/fold.js';
import { duration, plural } from '../text/format.js';
import { colourOf } from '../text/paint.js';
import { type Column, safe, stateCell, table } from '../text/table.js';
import { healthyOf, type Look, serviceState } from './tables.js';

export function summaryLines(status: BriefStatusView, look: Look): readonly string[] {
  const { paint } = look;
  const head = `${paint('bold', safe(status.node))}  fulcrum ${status.version}  pid ${status.pid}  up ${duration(status.uptime_ms)}`;
  const facts: [string, string][] = [
    ...(status.why === '' ? [] : [['why', status.why] satisfies [string, string]]),
    ['data plane', status.dataplane === null ? 'not yet known' : `${status.dataplane.driver}: ${status.dataplane.why}`],
    ['services', `${status.services.filter(({ healthy }) => healthy).length} of ${status.services.length} healthy`],
    ['backends', statesOf(status)],
    ...status.vrrp.map((each): [string, string] => [
      'vrrp',
      `${each.name} ${each.state}: ${each.why}${priorityOf(each)}`,
    ]),
    ['actors', actorsOf(status)],
    ...status.hooks.filter(({ failures }) => failures > 0).map(hookFact),
    ...status.listeners.map(({ name, address }): [string, string] => ['listens', `${address} (${name})`]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    `${head}  ${paint(colourOf(status.state), status.state)}`,
    ...facts.flatMap(([name, text]) =>
      fold(safe(text), look.width - width - 2).map(
        (line, index) => `${paint('dim', (index === 0 ? name : '').padEnd(width))}  ${line}`,
      ),
    ),
    ...notWell(status, look),
  ];
}

const hookFact = ({ name, waiting, failures, last_error }: BriefStatusView['hooks'][number]): [string, string] => [
  'hook',
  `${name}: ${plural(waiting, 'event')} wait after ${plural(failures, 'failure')}: ${last_error ?? ''}`,
];

export function statesOf({ services }: Pick<BriefStatusView, 'services'>): string {
  const backends = services.flatMap((service) => service.backends);
  if (backends.length === 0) return 'none';
  const counts = new Map<string, number>();
  for (const state of backends.map(shownState)) counts.set(state, (counts.get(state) ?? 0) + 1);
  const bad = [...counts].filter(([state]) => state !== 'healthy').map(([state, count]) => `${count} ${state}`);
  return [`${healthyOf(backends)} of ${backends.length} healthy`, ...bad].join(', ');
}

export function actorsOf({ actors }: Pick<BriefStatusView, 'actors'>): string {
  const running = actors.filter(({ state }) => state === 'running').length;
  const restarts = actors.reduce((sum, each) => sum + each.restarts, 0);
  return `${running} of ${actors.length} running, ${plural(restarts, 'restart')}`;
}

/** What the things that it tracks do to its priority. */
const priorityOf = ({ priority, effective_priority: now, tracked }: BriefStatusView['vrrp'][number]): string =>
  now === priority ? '' : `; priority ${now} of ${priority}: ${priorityText(tracked)}`;

type Finding = { readonly what: string; readonly state: string; readonly why: string };

function notWell(status: BriefStatusView, { paint, width }: Look): readonly string[] {
  const findings: Finding[] = [
    ...status.services.flatMap(({ name, enabled, healthy, why, backends }) => [
      ...(healthy ? [] : [{ what: `service ${name}`, state: serviceState(healthy, enabled), why }]),
      ...backends
        .filter(({ state }) => state !== 'healthy')
        .map((each) => ({ what: `backend ${name}/${each.name}`, state: shownState(each), why: each.why })),
    ]),
    ...status.vrrp
      .filter(({ state }) => state === 'fault')
      .map(({ name, state, why }) => ({ what: `vrrp ${name}`, state, why })),
    ...status.actors
      .filter(({ state }) => state !== 'running')
      .map((each) => ({ what: `actor ${each.name}`, state: each.state, why: each.last_error ?? '' })),
  ];
  if (findings.length === 0) return [];
  const columns: Column<Finding>[] = [
    { title: 'NOT WELL', cell: ({ what }) => what },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'WHY', cell: ({ why }) => why },
  ];
  const shown = findings.slice(0, MAX_FINDINGS);
  const rest = findings.length - shown.length;
  const more = rest > 0 ? [paint('dim', `and ${rest} more: fulcrum show backends`)] : [];
  return ['', ...table(columns, shown, paint, width), ...more];
}

/** A screen's worth. */
const MAX_FINDINGS = 40;
