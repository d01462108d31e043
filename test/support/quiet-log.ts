import type { Log } from '../../src/workers/actor.js';

const nothing = () => {};
/** A log that nobody reads. */
export const quietLog: Log = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
