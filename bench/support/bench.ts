/** What every `fulcrum bench NAME` takes, and gives back. */
import type { Report } from './report.js';

export type BenchOptions = {
  /** One short round of each measurement: to see that the bench works, not for figures. */
  readonly quick: boolean;
};

export type Bench = (options: BenchOptions) => Promise<Report>;
