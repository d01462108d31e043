/** Events, a line each, with what belongs to them below. */
import type { EventView } from '../../actors/gateway/http/schemas.js';
import { cut, safe } from '../text/table.js';
import type { Look } from './tables.js';

/** Further lines of one event. */
const MAX_DETAILS = 20;

/** One line an event: time, type, what it is about, why. */
export function eventLine(event: EventView, { paint, width }: Look): string {
  const time = event.at.slice(11, 23);
  const type = event.type.padEnd('backend-state'.length);
  const about = aboutOf(event);
  // Some reasons say it all.
  const text = about === '' || event.why.startsWith(about) ? event.why : `${about}: ${event.why}`;
  const room = width - time.length - type.length - 4;
  return `${paint('dim', time)}  ${paint('cyan', type)}  ${fitting(text, room)}`;
}

/** An event, and a configuration's changes or errors in a line each below it. */
export function eventLines(event: EventView, look: Look): readonly string[] {
  return [eventLine(event, look), ...detailsOf(event).map((detail) => fitting(`  ${detail}`, look.width))];
}

const fitting = (text: string, room: number): string => cut(safe(text), room);

function detailsOf(event: EventView): readonly string[] {
  const list = (key: string): readonly string[] => {
    const value = event[key];
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  };
  const details = [...list('changes'), ...list('errors')];
  // A single one is the reason itself.
  if (details.length < 2) return [];
  if (details.length <= MAX_DETAILS) return details;
  return [...details.slice(0, MAX_DETAILS), `and ${details.length - MAX_DETAILS} more`];
}

function aboutOf(event: EventView): string {
  const text = (key: string): string => {
    const value = event[key];
    return typeof value === 'string' ? value : '';
  };
  switch (event.type) {
    case 'backend-state':
      return `${text('service')}/${text('backend')} ${text('from')} -> ${event['drained'] === true ? 'drained' : text('to')}`;
    case 'backend-weight':
      return `${text('service')}/${text('backend')}`;
    case 'service-state':
      return `${text('service')} ${event['healthy'] === true ? 'healthy' : 'unhealthy'}`;
    case 'vrrp-state':
      return `${text('instance')} ${text('from')} -> ${text('to')}`;
    case 'track-state':
      return `${text('thing')} ${text('name')} ${event['thing'] === 'file' ? text('value') : event['up'] === true ? 'good' : 'bad'}`;
    case 'sync-group-state':
      return `${text('group')} ${text('from')} -> ${text('to')}`;
    case 'maintenance':
      return event['on'] === true ? 'on' : 'off';
    case 'vrrp-alarm':
      return `${text('instance')} ${text('alarm')}`;
    case 'dataplane':
    case 'drift':
      return event.why.includes(text('what')) ? '' : `${text('op')} ${text('what')}`;
    case 'actor':
      return `${text('actor')} ${text('change')}`;
    case 'config':
      return text('change');
    default:
      return text('alarm');
  }
}
