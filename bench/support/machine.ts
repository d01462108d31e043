import { cpus, release, totalmem } from 'node:os';

/** What a figure was measured on: without it no figure means anything. */
export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** RFC 3339. */
  readonly date: string;
};

export function machine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    date: new Date().toISOString(),
  };
}
