import { type Observable, of } from 'rxjs';
import type { Config } from '../../model/config.js';
import type { Link } from '../../model/link.js';
import type { Log } from '../../model/observing/log.js';
import { monotonicNow } from '../../os/clock/clock.js';
import type { ActorContext } from '../actor.js';
import { ActorMeter } from './meter.js';

const nothing = (): void => {};
/** Heard by nobody. */
export const silentLog: Log = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** For an actor that nobody sees: whoever runs it holds the other ends of its links, and the rest of what it says is lost. */
export const dryContext = (config: Config, links: readonly Link<unknown, never>[]): ActorContext => ({
  name: 'dry',
  config,
  driverModule: null,
  now: monotonicNow,
  log: silentLog,
  meter: new ActorMeter(),
  link: <In, Out>(name: string) => {
    const link = links.find((one) => one.name === name);
    if (link === undefined) throw new Error(`a dry actor has no link ${name}`);
    return link as unknown as Link<In, Out>;
  },
  links: <In, Out>(prefix: string) =>
    of(...links.filter(({ name }) => name === prefix || name.startsWith(`${prefix}-`))) as unknown as Observable<
      Link<In, Out>
    >,
  event: nothing,
  state: nothing,
  fail: (error) => {
    throw error;
  },
  poll: () => () => true,
});
