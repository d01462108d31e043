/** Every bench by its name, loaded when it is asked for, and all of them on one page. */
import { messageOf } from '../src/model/errors.js';
import type { Bench, BenchOptions } from './support/bench.js';
import type { Report, Section } from './support/report.js';

export const catalogue = {
  jitter: async () => (await import('./jitter.js')).runJitterBench,
  failover: async () => (await import('./failover.js')).runFailoverBench,
  checks: async () => (await import('./checks.js')).runChecksBench,
  ipvs: async () => (await import('./ipvs.js')).runIpvsBench,
  proxy: async () => (await import('./proxy.js')).runProxyBench,
  agent: async () => (await import('./agent.js')).runAgentBench,
  start: async () => (await import('./start.js')).runStartBench,
  documents: async () => (await import('./documents.js')).runDocumentsBench,
  soak: async () => (await import('./soak.js')).runSoakBench,
} as const satisfies Readonly<Record<string, () => Promise<Bench>>>;

export type BenchName = keyof typeof catalogue;

/** The soak takes an hour, and has no peer. */
const together = (Object.keys(catalogue) as BenchName[]).filter((name) => name !== 'soak');

/** One after the other, as each wants the machine for itself. What cannot run here says why, and the others go on. */
export async function runAllBenches(options: BenchOptions): Promise<Report> {
  return joined(
    await inTurns(
      together.map((name) => ({ name, run: async () => (await catalogue[name]())(options) })),
      options,
    ),
  );
}

type Entry = { readonly name: string; readonly run: () => Promise<Report> };
type Ran = { readonly command: string; readonly outcome: Report | { readonly why: string } };

export async function inTurns(entries: readonly Entry[], { quick }: BenchOptions): Promise<readonly Ran[]> {
  const all: Ran[] = [];
  for (const { name, run } of entries) {
    const command = `fulcrum bench ${name}${quick ? ' --quick' : ''}`;
    const outcome = await run().catch((error: unknown) => ({ why: messageOf(error) }));
    all.push({ command, outcome });
  }
  return all;
}

export function joined(all: readonly Ran[]): Report {
  const missing = all.filter(({ outcome }) => 'why' in outcome).length;
  return {
    title: 'Fulcrum beside its peers',
    summary: `${all.length - missing} of ${all.length} benches ran. Read the ratios: both sides of one are from the same run.`,
    sections: all.flatMap(({ command, outcome }): readonly Section[] =>
      'why' in outcome
        ? [{ kind: 'table', title: command, columns: ['did not run'], rows: [[outcome.why]] }]
        : outcome.sections.map((section) => ({
            ...section,
            title: `${outcome.title}: ${section.title}`,
            note: [`\`${command}\`.`, outcome.summary, section.note].filter((part) => part !== undefined).join(' '),
          })),
    ),
    data: Object.fromEntries(all.map(({ command, outcome }) => [command, 'why' in outcome ? outcome : outcome.data])),
  };
}
