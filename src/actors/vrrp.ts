/**
 * The VRRP actor: keeps virtual addresses alive between nodes, in a real-time thread that owns its sockets and its clock.
 * Without instances it is an ordinary, idle actor; with the first one it takes its thread over and does not give it back.
 *
 * Links: `engine` (the health of tracked services in, states out), `dataplane` (states out), `gateway` and `main` (calls).
 */
import type { VrrpConfig } from '../config/model.js';
import { CommandError } from '../errors.js';
import type { Reply, Request, VrrpCalls } from '../wire/requests.js';
import type { FromVrrp, ToVrrp } from '../wire/vrrp-link.js';
import type { Actor, ActorContext, ActorFactory } from '../workers/actor.js';
import { serveCalls } from '../workers/rpc.js';
import { VrrpThread } from './vrrp/thread.js';

/** Rejects with MissingPrivilegeError where instances are configured and this process may not run them. */
export const createVrrp: ActorFactory = (context) => {
  const actor = new VrrpActor(context);
  actor.configure(context.config);
  return actor;
};

class VrrpActor implements Actor {
  readonly #context: ActorContext;
  #thread: VrrpThread | null = null;
  /** Told before the thread was there. */
  readonly #health = new Map<string, boolean>();

  constructor(context: ActorContext) {
    this.#context = context;
    const engine = context.link<ToVrrp, FromVrrp>('engine');
    engine.in$.subscribe(({ service, healthy }) => {
      this.#health.set(service, healthy);
      this.#thread?.setHealth(service, healthy);
    });
    engine.connected$.subscribe(() => this.#thread?.tellAll());
    context.link<never, FromVrrp>('dataplane').connected$.subscribe(() => this.#thread?.tellAll());
    for (const caller of ['gateway', 'main']) {
      serveCalls(context.link<Request<VrrpCalls>, Reply>(caller), {
        status: ({ name }) => this.#thread?.views(name) ?? this.#none(name),
        failover: ({ name }) => {
          if (this.#thread === null) throw noInstance(name);
          return { message: this.#thread.failover(name) };
        },
      });
    }
  }

  configure({ vrrp }: { readonly vrrp: VrrpConfig }): void {
    if (this.#thread !== null) {
      this.#thread.configure(vrrp);
    } else if (vrrp.instances.length > 0) {
      this.#thread = new VrrpThread(this.#context, vrrp, { tellState: (message) => this.#tellState(message) });
      for (const [service, healthy] of this.#health) this.#thread.setHealth(service, healthy);
    }
  }

  async stop(): Promise<void> {
    this.#thread?.stop();
  }

  #tellState(message: FromVrrp): void {
    this.#context.link<ToVrrp, FromVrrp>('engine').out.next(message);
    this.#context.link<never, FromVrrp>('dataplane').out.next(message);
  }

  #none(name: string | null): readonly [] {
    if (name !== null) throw noInstance(name);
    return [];
  }
}

const noInstance = (name: string): CommandError =>
  new CommandError('ERR_NOT_FOUND', `there is no VRRP instance ${name}`);
