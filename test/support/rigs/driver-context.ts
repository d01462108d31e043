import { EMPTY } from 'rxjs';
import type { DriverContext } from '../../../src/dataplane/driver.js';
import type { Config } from '../../../src/model/config.js';
import type { EventBody } from '../../../src/model/observing/events.js';
import type { Clock } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { configWith } from '../fixtures/config.js';

export type RecordedContext = DriverContext & {
  readonly events: EventBody[];
  readonly logged: string[];
  /** What `changed` was called with. */
  readonly changes: string[];
};

/** A driver's surroundings that keep what they are told. */
export function driverContext(
  options: { readonly config?: Config; readonly changed?: (why: string) => void; readonly now?: Clock } = {},
): RecordedContext {
  const events: EventBody[] = [];
  const logged: string[] = [];
  const changes: string[] = [];
  const log = (_fields: object, message: string): void => {
    logged.push(message);
  };
  return {
    name: 'dataplane',
    now: options.now ?? monotonicNow,
    log: { trace: log, debug: log, info: log, warn: log, error: log },
    config: options.config ?? configWith(),
    links: () => EMPTY,
    event: (body) => {
      events.push(body);
    },
    meter: new ActorMeter(),
    changed: (why) => {
      changes.push(why);
      options.changed?.(why);
    },
    events,
    logged,
    changes,
  };
}
