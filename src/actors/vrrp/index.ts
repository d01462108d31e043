/**
 * The VRRP actor: keeps virtual addresses alive between nodes, in a real-time thread that owns its sockets and its clock,
 * and that never returns to its event loop.
 *
 * Links: `engine` and `trackers` (the state of what is tracked, in), `dataplane` and `engine` (states out), `gateway` and `main` (calls).
 */

import { type FromVrrp, trackingLink, vrrpStateLink } from '../../wire/links/vrrp-states.js';
import type { ActorFactory } from '../../workers/actor.js';
import { serveCalls } from '../../workers/links/rpc.js';
import { type VrrpCalls, vrrpCalls } from './calls.js';
import { VrrpThread } from './thread.js';

/** Throws MissingPrivilegeError where this process may not send adverts or change addresses. */
export const createVrrp: ActorFactory = (context) => {
  const told: ((message: FromVrrp) => void)[] = [];
  const thread = new VrrpThread(context, context.config.vrrp, {
    tellState: (message) => {
      for (const tell of told) tell(message);
    },
  });
  context.links(trackingLink, 'b').subscribe((link) => link.in$.subscribe((message) => thread.hear(message)));
  context.links(vrrpStateLink, 'a').subscribe((link) => {
    told.push((message) => link.out.next(message));
    // Whoever is there anew knows nothing.
    link.connected$.subscribe(() => thread.tellAll());
  });
  context.links(vrrpCalls, 'b').subscribe((link) =>
    serveCalls<VrrpCalls>(link, {
      status: ({ name }) => thread.views(name),
      'sync-groups': () => thread.syncGroups(),
      failover: ({ name }) => ({ message: thread.failover(name) }),
    }),
  );
  return {
    begin: () => thread.begin(),
    configure: (config) => thread.configure(config.vrrp),
    stop: async () => thread.stop(),
  };
};
