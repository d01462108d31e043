import type { Cell, TableSection } from '../support/report.js';

/** One figure that has a goal. `ratio`: to the peer in the same run; null without one. */
export type Goal = {
  readonly what: string;
  readonly goal: string;
  readonly ours: number | null;
  readonly theirs: number | null;
  readonly peer: string;
  readonly unit: string;
  /** Null: it could not be measured; `why` says it. */
  readonly met: boolean | null;
  readonly why?: string | null;
};

const cell = (value: number | null): Cell => value ?? '-';

export const goalsTable = (goals: readonly Goal[]): TableSection => ({
  kind: 'table',
  title: 'Goals',
  note: 'Medians of the rounds. A ratio is to the peer in the same run.',
  columns: ['what', 'goal', 'fulcrum', 'peer', 'unit', 'ratio', 'who', 'met'],
  rows: goals.map(({ what, goal, ours, theirs, unit, peer, met, why }) => [
    what,
    goal,
    cell(ours),
    cell(theirs),
    unit,
    ours === null || theirs === null ? '-' : ours / theirs,
    why === undefined || why === null ? peer : `${peer} (absent)`,
    met === null ? 'not measured' : met ? 'yes' : 'no',
  ]),
});
