/** Starts the second thread of hedged adverts, where there is room for it. */
import { Worker } from 'node:worker_threads';
import type { VrrpConfig } from '../../../model/config.js';
import { messageOf } from '../../../model/errors.js';
import type { Log } from '../../../model/observing/log.js';
import { threadEntry } from '../../../model/package.js';
import type { PreciseClock } from '../../../os/clock/precise-clock.js';
import { allowedProcessors } from '../../../os/process/processors.js';
import { HEDGE_PRIORITY, isRealtime, type Realtime } from '../../../os/process/realtime.js';
import { Board, newBoardMemory } from './board.js';
import { AdvertHedge, type Hedge, noHedge } from './first-thread.js';

export type HedgeInit = { readonly memory: SharedArrayBuffer; readonly processor: number };

/** It has little to do, and nothing that lives long. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 } as const;

export type StartedHedge = { readonly hedge: Hedge; stop(): void };

export function startHedge(config: VrrpConfig, realtime: Realtime, clock: PreciseClock, log: Log): StartedHedge {
  const without = (why: string): StartedHedge => ({ hedge: noHedge(why), stop() {} });
  if (config.hedge === 'off') return without('off by configuration');
  const [first, ...others] = allowedProcessors();
  // Processor 0 has most interrupts.
  const processor = others.at(-1);
  const refused = isRealtime(realtime) ? '' : 'this needs real-time scheduling';
  const why = processor === undefined ? `this needs two processors, and there is one (${first})` : refused;
  if (processor === undefined || why !== '') {
    log.info({ why }, 'one thread alone sends the adverts');
    return without(why);
  }
  const board = new Board(newBoardMemory());
  const where = `SCHED_FIFO ${HEDGE_PRIORITY} on processor ${processor}`;
  const lost = () => log.warn({}, 'the second thread stood still: one thread alone sends the adverts from now on');
  try {
    launch({ memory: board.memory, processor });
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'one thread alone sends the adverts: the second one could not be started');
    return without(`the second thread could not be started: ${messageOf(error)}`);
  }
  log.info({ hedge: where }, 'two threads wait for each advert');
  return { hedge: new AdvertHedge(board, clock, where, lost), stop: () => board.stop() };
}

/** It ends with this thread. What becomes of it is on the board alone: this thread never returns to its event loop. */
function launch(init: HedgeInit): void {
  const worker = new Worker(threadEntry('hedge'), { workerData: init, name: 'vrrp-hedge', resourceLimits: LIMITS });
  worker.on('error', () => {});
  worker.unref();
}
