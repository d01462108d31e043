/** Processes of this network namespace. */
import { readlinkSync } from 'node:fs';
import { processIds } from '../../os/processes/process-list.js';
import type { Program } from '../facts.js';
import { knownPrograms } from '../probes/host/programs.js';
import { quietly, textOf } from './quietly.js';

/** Those that do the same work; of a program that forks, the first. */
export function readPrograms(): readonly Program[] {
  const own = namespaceOf('self');
  const found = quietly(processIds, []).filter(
    (pid) => knownPrograms.includes(nameOf(pid)) && namespaceOf(pid) === own,
  );
  return found.filter((pid) => !found.includes(parentOf(pid))).map(programOf);
}

export const programOf = (pid: number): Program => ({ pid, name: nameOf(pid), unit: unitOf(pid) });

const nameOf = (pid: number): string => textOf(`/proc/${pid}/comm`) ?? '';
const namespaceOf = (pid: number | 'self'): string => quietly(() => readlinkSync(`/proc/${pid}/ns/net`), `${pid}`);
const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);

/** The unit of systemd that it belongs to. */
const unitOf = (pid: number): string | null =>
  /\/([^/]+\.service)$/m.exec(textOf(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null;
