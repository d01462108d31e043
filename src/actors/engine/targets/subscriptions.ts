import type { TargetKey } from '../../../model/states.js';
import type { LinkOf } from '../../../wire/links/link-kind.js';
import { type SubscriptionStatus, subscriptionsLink } from '../../../wire/links/subscriptions.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { Subscriber } from '../service/service.js';
import type { Target, Targets } from './targets.js';

/** How long targets outlive `unsubscribe-all`, so that a client which comes back finds them as they were. */
const GRACE_MS = 5000;
/** Statuses of one turn are sent together. */
const BATCH_DELAY_MS = 0;

type SubscriberLink = LinkOf<typeof subscriptionsLink, 'b'>;
type Entry = { readonly key: TargetKey; readonly subscriber: Exclude<Subscriber, { decide: unknown }> };

/** Serves the doors that want targets probed beside the configuration's: each link has a set of subscriptions of its own. */
export function serveSubscriptions(context: ActorContext, targets: Targets<Subscriber>, tellMoves: () => void): void {
  context.links(subscriptionsLink, 'b').subscribe((link) => serveSubscriber(link, targets, tellMoves));
}

function serveSubscriber(link: SubscriberLink, targets: Targets<Subscriber>, tellMoves: () => void): void {
  const entries = new Map<string, Entry>();
  const changed = new Map<string, SubscriptionStatus>();
  let scheduled = false;

  const report = (id: string, target: Target<Subscriber>) => {
    changed.set(id, { id, status: target.status });
    if (scheduled) return;
    scheduled = true;
    setTimeout(() => {
      scheduled = false;
      const statuses = [...changed.values()];
      changed.clear();
      link.out.next({ kind: 'statuses', statuses });
    }, BATCH_DELAY_MS);
  };
  const drop = (id: string) => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    changed.delete(id);
    targets.unsubscribe(entry.key, entry.subscriber);
  };

  link.in$.subscribe((message) => {
    switch (message.kind) {
      case 'subscribe':
        for (const { id, spec } of message.subscriptions) {
          const subscriber = { notify: (target: Target<Subscriber>) => report(id, target) };
          // The new one first: a target that stays wanted is never without a subscriber.
          const target = targets.subscribe(spec, subscriber);
          drop(id);
          entries.set(id, { key: target.key, subscriber });
          report(id, target);
        }
        tellMoves();
        break;
      case 'unsubscribe':
        for (const id of message.ids) drop(id);
        tellMoves();
        break;
      case 'unsubscribe-all': {
        const held = [...entries.values()];
        entries.clear();
        changed.clear();
        setTimeout(() => {
          for (const { key, subscriber } of held) targets.unsubscribe(key, subscriber);
          tellMoves();
        }, GRACE_MS);
        break;
      }
      default:
        message satisfies never;
    }
  });
}
