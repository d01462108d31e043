/**
 * The VRRP actor: keeps virtual addresses alive between nodes, in a real-time thread that owns its sockets and its clock,
 * and that never returns to its event loop.
 *
 * Links: `engine` and `trackers` (the state of what is tracked, in), `dataplane` (states out), `gateway` and `main` (calls).
 */

import { trackingLink, vrrpStateLink } from '../../wire/links/vrrp-states.js';
import type { ActorFactory } from '../../workers/actor.js';
import { serveCalls } from '../../workers/links/rpc.js';
import { type VrrpCalls, vrrpCalls } from './calls.js';
import { VrrpThread } from './thread.js';

/** Throws MissingPrivilegeError where this process may not send adverts or change addresses. */
export const createVrrp: ActorFactory = (context) => {
  const dataplane = context.link(vrrpStateLink, 'a');
  const thread = new VrrpThread(context, context.config.vrrp, {
    tellState: (message) => dataplane.out.next(message),
  });
  context.links(trackingLink, 'b').subscribe((link) => link.in$.subscribe((message) => thread.hear(message)));
  // Whoever is there anew knows nothing.
  dataplane.connected$.subscribe(() => thread.tellAll());
  context.links(vrrpCalls, 'b').subscribe((link) =>
    serveCalls<VrrpCalls>(link, {
      status: ({ name }) => thread.views(name),
      failover: ({ name }) => ({ message: thread.failover(name) }),
    }),
  );
  return {
    begin: () => thread.begin(),
    configure: (config) => thread.configure(config.vrrp),
    stop: async () => thread.stop(),
  };
};
