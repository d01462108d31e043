/** The table of `fulcrum run --trace-start`. */
import type { StartStep } from '../../workers/supervision/start-steps.js';
import type { Paint } from '../text/paint.js';
import { type Column, table } from '../text/table.js';

const columns: readonly Column<StartStep>[] = [
  { title: 'FROM (ms)', align: 'right', cell: ({ fromMs }) => Math.round(fromMs) },
  { title: 'TO', align: 'right', cell: ({ toMs }) => Math.round(toMs) },
  { title: 'TOOK', align: 'right', cell: ({ fromMs, toMs }) => Math.round(toMs - fromMs) },
  { title: 'THREAD', cell: ({ who }) => who },
  { title: 'STEP', cell: ({ what }) => what },
];

/** In the order of their begins; threads work side by side. */
export const startStepLines = (steps: readonly StartStep[], paint: Paint): readonly string[] =>
  table(
    columns,
    [...steps].sort((a, b) => a.fromMs - b.fromMs),
    paint,
  );
