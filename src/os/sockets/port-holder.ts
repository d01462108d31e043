/** Who listens on a TCP port, for messages. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { processIds } from '../processes/process-list.js';

/** In the tables of proc(5). */
const LISTENING = '0A';

export type PortHolder = { readonly pid: number; readonly program: string };

/** Null where that cannot be seen from here. */
export function findHolder(port: number): PortHolder | null {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeningOn(port, table)));
  const pid = processIds().find((each) => hasOneOf(each, sockets));
  return pid === undefined ? null : { pid, program: programOf(pid) };
}

/** `process 123 (nginx)`; null where that cannot be seen from here. */
export function holderOfPort(port: number): string | null {
  const holder = findHolder(port);
  if (holder === null) return null;
  return holder.pid === process.pid ? `this process (${holder.pid})` : `process ${holder.pid} (${holder.program})`;
}

/** As their descriptors are called. */
function listeningOn(port: number, table: string): readonly string[] {
  return quietly(() => readFileSync(`/proc/thread-self/net/${table}`, 'latin1'), '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && Number.parseInt(local?.split(':')[1] ?? '', 16) === port)
    .map((fields) => `socket:[${fields[9]}]`);
}

const hasOneOf = (pid: number, sockets: ReadonlySet<string>): boolean =>
  quietly(() => readdirSync(`/proc/${pid}/fd`), []).some((fd) =>
    sockets.has(quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '')),
  );

const programOf = (pid: number): string => quietly(() => readFileSync(`/proc/${pid}/comm`, 'latin1').trim(), 'unknown');

/** Processes come and go, and not all may be looked at. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
