/** Runs a load on each contender, in turns, and keeps what each did. A peer that cannot be had is named, with the reason. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Arena } from '../support/arena.js';
import { rounds } from '../support/stats.js';
import type { Figures, Load } from './load.js';

const run = promisify(execFile);

export type Contender = { readonly name: string; readonly measure: (load: Load) => Promise<Figures> };
/** Figures by contender, a list of rounds; or why there are none. */
export type Results = ReadonlyMap<string, readonly Figures[] | string>;

export const fulcrumIn = (arena: Arena): Contender => ({
  name: 'fulcrum',
  async measure(load) {
    const program = fileURLToPath(new URL('./shard-process.js', import.meta.url));
    const [command, ...args] = arena.command(process.execPath, program, JSON.stringify(load));
    return JSON.parse((await run(command, args)).stdout) as Figures;
  },
});

/** `beforeEach` is told whose turn it is. */
export async function contend(
  load: Load,
  contenders: readonly Contender[],
  roundCount: number,
  beforeEach: (name: string) => void,
): Promise<Results> {
  const results = new Map<string, Figures[] | string>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < roundCount; round += 1) {
    for (const { name, measure } of contenders) {
      const so = results.get(name);
      if (typeof so === 'string') continue;
      beforeEach(name);
      try {
        so?.push(await measure(load));
      } catch (error) {
        results.set(name, (error instanceof Error ? error.message : String(error)).trim());
      }
    }
  }
  return results;
}

/** Min and median over the rounds of one figure; null where the contender has none. */
export function figureOf(results: Results, name: string, of: (figures: Figures) => number | null) {
  const all = results.get(name);
  if (all === undefined || typeof all === 'string') return null;
  const values = all.map(of).filter((value) => value !== null);
  return values.length === 0 ? null : rounds(values);
}

/** Why a contender took no part; null when it did. */
export const absence = (results: Results, name: string): string | null => {
  const all = results.get(name);
  return typeof all === 'string' ? all : null;
};
