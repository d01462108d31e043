/** What the log, the metrics and the event stream are told of an actor's life. */

import type { ActorView } from '../../model/observing/views.js';
import type { ActorContext } from '../../workers/actor.js';
import { metrics } from './metrics.js';

/** `before`: its state when it was told last. */
export function tellActor(
  context: Pick<ActorContext, 'event' | 'fail' | 'log' | 'meter'>,
  view: ActorView,
  before: string | null,
): void {
  const event = (change: 'started' | 'failed' | 'restarted' | 'stopped' | 'gave-up', why: string) =>
    context.event({ type: 'actor', actor: view.name, change, why });
  switch (view.state) {
    case 'running':
      // A rate over the first restart needs the zero before it.
      context.meter.count(metrics.fulcrum_actor_restarts_total, { actor: view.name }, 0);
      event(view.restarts > 0 ? 'restarted' : 'started', `thread ${view.thread_id}`);
      break;
    case 'restarting': {
      // 'dying' and 'restarting' look alike from outside; the reason is known in the second.
      if (before === 'restarting') break;
      const why = view.last_error ?? 'killed';
      context.log.warn({ actor: view.name, restarts: view.restarts, why }, 'actor ended, it is restarted');
      context.meter.count(metrics.fulcrum_actor_restarts_total, { actor: view.name });
      event('failed', why);
      break;
    }
    case 'stopped':
      event('stopped', 'asked to');
      break;
    case 'failed': {
      const why = view.last_error ?? 'unknown';
      context.log.error({ actor: view.name, why }, 'actor failed too often, giving up');
      event('gave-up', why);
      context.fail(new Error(`${view.name} failed too often, the last time with: ${why}`));
      break;
    }
    case 'starting':
    case 'stopping':
      break;
    default:
      view.state satisfies never;
  }
}
