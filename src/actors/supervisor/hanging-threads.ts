import type { ActorContext } from '../../workers/actor.js';
import { killedThreads, MAX_LEFT } from '../../workers/supervision/killed-threads.js';
import { metrics } from './metrics.js';

/** Tells how many killed threads hang in a system call: the metric each time it is called, an alarm when there are more than before. */
export function hangingThreadsTold({ meter, log, event }: Pick<ActorContext, 'meter' | 'log' | 'event'>): () => void {
  let before = 0;
  return () => {
    const count = killedThreads.hanging();
    meter.gauge(metrics.fulcrum_hanging_threads, {}, count);
    if (count > before) {
      const full = count < MAX_LEFT ? '' : '; no actor whose thread hangs is replaced before one of them ends';
      const why = `${count} killed ${count === 1 ? 'thread hangs' : 'threads hang'} in a system call: does a file server not answer?${full}`;
      log.error({ threads: count }, why);
      event({ type: 'alarm', alarm: 'hanging-threads', why });
    }
    before = count;
  };
}
