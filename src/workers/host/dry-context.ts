import { from } from 'rxjs';
import type { Config } from '../../model/config.js';
import type { Log } from '../../model/observing/log.js';
import { monotonicNow } from '../../os/clock/clock.js';
import { type EndOfLink, isLink } from '../../wire/links/link-kind.js';
import type { ActorContext } from '../actor.js';
import { createKeptFds } from './kept-fds.js';
import { ActorMeter } from './meter.js';

const nothing = (): void => {};
/** Heard by nobody. */
export const silentLog: Log = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** For an actor that nobody sees: whoever runs it holds the other ends of its links, and the rest of what it says is lost. */
export const dryContext = (config: Config, links: readonly EndOfLink[]): ActorContext => ({
  name: 'dry',
  config,
  driverModule: null,
  keptFds: createKeptFds(),
  now: monotonicNow,
  log: silentLog,
  meter: new ActorMeter(),
  link: (kind, side) => {
    for (const link of links) if (isLink(link, kind, side)) return link;
    throw new Error(`a dry actor has no link ${kind.name} of side ${side}`);
  },
  links: (kind, side) => from(links.filter((link) => isLink(link, kind, side))),
  event: nothing,
  state: nothing,
  holds: nothing,
  fail: (error) => {
    throw error;
  },
  poll: () => () => true,
});
