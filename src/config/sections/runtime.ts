import { integer } from '../../schema/leaves.js';
import { map } from '../../schema/maps.js';
import { filledSection } from '../section.js';

/** More threads than any machine here has processors for. */
const MAX_THREADS = 256;

const schema = map({
  monitor_shards: integer('a number of threads', 1, MAX_THREADS)
    .optional()
    .describe('Threads that run checks; default: one for each processor'),
  proxy_threads: integer('a number of threads', 1, MAX_THREADS)
    .optional()
    .describe('Threads of the embedded proxy; default: half the processors'),
});

export const runtime = filledSection(
  schema.prefault({}).describe('How the threads are laid out'),
  (document, { processors }) => ({
    monitor_shards: document.monitor_shards ?? Math.max(1, processors),
    proxy_threads: document.proxy_threads ?? Math.max(1, Math.floor(processors / 2)),
  }),
);
