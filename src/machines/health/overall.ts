/** How the whole is: the worst of services, VRRP instances, actors and components, and why. Every way out asks here. */
import type { StateItem } from '../../model/observing/state-item.js';
import type { ActorView, Overall, OverallState } from '../../model/observing/views.js';

/** One thing that is not well. */
export type Trouble = {
  readonly about: 'service' | 'vrrp' | 'actor' | 'component' | 'node';
  readonly name: string;
  readonly state: Exclude<OverallState, 'healthy'>;
  readonly why: string;
};

/** A line of these is read by people: the rest is counted, and `fulcrum status` lists it. */
const MAX_REASONS = 5;

/** `loops`: whether an actor that runs was restarted again and again just now. */
export function troublesOf(items: Iterable<StateItem>, loops: (actor: ActorView) => boolean): Trouble[] {
  const troubles: Trouble[] = [];
  let actors = 0;
  const add = (trouble: Trouble | null): void => {
    if (trouble !== null) troubles.push(trouble);
  };
  for (const item of items) {
    switch (item.type) {
      case 'service':
        if (item.enabled && !item.healthy) {
          add({ about: 'service', name: item.name, state: 'unhealthy', why: item.why });
        }
        break;
      case 'vrrp': {
        const { name, state, why } = item.view;
        if (state === 'fault') add({ about: 'vrrp', name, state: 'unhealthy', why });
        if (state === 'init') add({ about: 'vrrp', name, state: 'degraded', why });
        break;
      }
      case 'maintenance':
        add({ about: 'node', name: 'maintenance', state: 'degraded', why: `in maintenance since ${item.since}` });
        break;
      case 'actor':
        actors += 1;
        add(troubleOfActor(item.view, loops));
        break;
      case 'backend':
      case 'dataplane':
      case 'listener':
      case 'hook':
        break;
      default:
        item satisfies never;
    }
  }
  if (actors === 0) {
    troubles.push({ about: 'actor', name: 'no actor', state: 'unhealthy', why: 'has reported yet' });
  }
  return troubles;
}

function troubleOfActor(actor: ActorView, loops: (actor: ActorView) => boolean): Trouble | null {
  const cause = actor.last_error === null ? '' : ` (${actor.last_error})`;
  const trouble = (state: Trouble['state'], why: string): Trouble => ({
    about: 'actor',
    name: actor.name,
    state,
    why: `${why}${cause}`,
  });
  switch (actor.state) {
    case 'running':
      return loops(actor) ? trouble('degraded', `restarts again and again: ${actor.restarts} times so far`) : null;
    case 'restarting':
      return trouble('degraded', 'is being restarted');
    case 'starting':
      return trouble(actor.restarts > 0 ? 'degraded' : 'unhealthy', 'is starting');
    case 'stopping':
    case 'stopped':
      return trouble('unhealthy', `is ${actor.state}`);
    case 'failed':
      return trouble('unhealthy', 'failed and is not restarted any more');
    default:
      return actor.state satisfies never;
  }
}

export const worstOf = (troubles: readonly Trouble[]): OverallState => {
  if (troubles.some(({ state }) => state === 'unhealthy')) return 'unhealthy';
  return troubles.length > 0 ? 'degraded' : 'healthy';
};

export function overallOf(troubles: readonly Trouble[]): Overall {
  const worstFirst = [
    ...troubles.filter(({ state }) => state === 'unhealthy'),
    ...troubles.filter(({ state }) => state === 'degraded'),
  ];
  const rest = worstFirst.length - MAX_REASONS;
  const reasons = worstFirst.slice(0, MAX_REASONS).map(troubleText);
  return {
    state: worstOf(troubles),
    why: [...reasons, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; '),
  };
}

/** `service web: 0 of 2 backends healthy, 1 needed`, `engine is being restarted`. */
export const troubleText = ({ about, name, why }: Trouble): string => {
  switch (about) {
    case 'actor':
      return `${name} ${why}`;
    case 'component':
      return `${name}: ${why}`;
    case 'node':
      return `the node is ${why}`;
    case 'service':
    case 'vrrp':
      return `${about} ${name}: ${why}`;
    default:
      return about satisfies never;
  }
};
