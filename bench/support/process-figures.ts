/** What the kernel counts for a process, and for the host: proc(5). */
import { readFileSync } from 'node:fs';

/** Linux counts a process's time in these (sysconf _SC_CLK_TCK). */
const TICK_US = 10_000;

/** User and system time in us: the 14th and 15th field, where the second is a name in parentheses. */
export function cpuUsOf(pid: number): number {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

export function rssMbOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** Connections begun so far in the network namespace of a process: counts a peer's checks from outside. */
export function connectsBegun(pid: number): number {
  const [names = '', values = ''] = readFileSync(`/proc/${pid}/net/snmp`, 'utf8').match(/^Tcp:.*$/gm) ?? [];
  return Number(values.split(' ')[names.split(' ').indexOf('ActiveOpens')]);
}
