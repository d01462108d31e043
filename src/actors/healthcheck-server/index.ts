/** The seeds' health-check server as an actor: its clients' configs become subscriptions at the engine. */
import type { HealthcheckServerConfig } from '../../config/sections/healthcheck-server.js';
import type { Config } from '../../model/config.js';
import {
  type FromSubscriber,
  MAX_SUBSCRIPTIONS_PER_MESSAGE,
  type Subscription,
  subscriptionsLink,
} from '../../wire/links/subscriptions.js';
import type { ActorContext, ActorFactory } from '../../workers/actor.js';
import { ToldInTurns } from '../../workers/links/told-in-turns.js';
import { HealthcheckServer } from './server.js';

const LISTENER = 'listener/healthcheck_server.socket';

export const createHealthcheckServer: ActorFactory = async (context) => {
  const engine = context.link(subscriptionsLink, 'a');
  let server: HealthcheckServer | null = null;
  context.holds(() => [...(server?.subscriptions() ?? [])]);
  let current: HealthcheckServerConfig | null = null;
  // Changes of the configuration, and a client's shutdown, are carried out one after another.
  let turn: Promise<void> = Promise.resolve();

  const news = new ToldInTurns<FromSubscriber>((message) => engine.out.next(message));

  const subscribe = (subscriptions: readonly Subscription[]): void => {
    for (let at = 0; at < subscriptions.length; at += MAX_SUBSCRIPTIONS_PER_MESSAGE) {
      news.tell({ kind: 'subscribe', subscriptions: subscriptions.slice(at, at + MAX_SUBSCRIPTIONS_PER_MESSAGE) });
    }
  };

  async function serve(config: HealthcheckServerConfig | null): Promise<void> {
    if (JSON.stringify(config) === JSON.stringify(current)) return;
    current = config;
    await server?.stop();
    server = null;
    context.state(LISTENER, null);
    if (config === null) return;
    const fresh = new HealthcheckServer({
      config,
      log: context.log,
      subscribe,
      unsubscribe: (ids) => {
        if (ids.length > 0) news.tell({ kind: 'unsubscribe', ids });
      },
      onShutdown: () => queue(() => shutDown(context)),
    });
    await fresh.listen();
    server = fresh;
    const { socket } = config;
    context.state(LISTENER, { type: 'listener', key: LISTENER, name: 'healthcheck_server.socket', address: socket });
  }

  async function shutDown({ event, state }: ActorContext): Promise<void> {
    await server?.stop();
    server = null;
    state(LISTENER, null);
    event({ type: 'shutdown-request', door: 'healthcheck_server', why: 'a client sent shutdown' });
  }

  const queue = (work: () => Promise<void>): void => {
    turn = turn.then(work).catch((error: unknown) => context.fail(error as Error));
  };

  // Left over from a former life of this actor; what is still wanted comes with the clients.
  let connections = 0;
  engine.connected$.subscribe(() => {
    connections += 1;
    // What the former engine was not told yet is told to the new one, with all the rest.
    news.forget();
    if (connections === 1) news.tell({ kind: 'unsubscribe-all' });
    else subscribe([...(server?.subscriptions() ?? [])]);
  });
  engine.in$.subscribe((message) => server?.update(message.statuses));
  await serve(context.config.healthcheckServer);
  return {
    configure(config: Config) {
      queue(() => serve(config.healthcheckServer));
    },
    async stop() {
      await turn;
      await server?.stop();
      await news.told();
    },
  };
};
