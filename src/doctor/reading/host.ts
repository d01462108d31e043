/** This process, and the machine that it runs on. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { type Capability, hasCapability } from '../../os/process/capability.js';
import type { Clock, Facts, Memory, Rights } from '../facts.js';
import { quietly, textOf } from './quietly.js';

const capabilities: readonly Capability[] = ['CAP_NET_BIND_SERVICE', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_NICE'];

export const readVersions = (): Facts['versions'] => ({ node: process.version, kernel: release() });

export function readRights(): Rights {
  const limits = textOf('/proc/self/limits') ?? '';
  return {
    uid: process.getuid?.() ?? 0,
    gids: [process.getgid?.() ?? 0, ...(process.getgroups?.() ?? [])],
    capabilities: new Set(capabilities.filter((each) => hasCapability(each))),
    limits: {
      rtprio: limitOf(limits, 'Max realtime priority'),
      memlock: limitOf(limits, 'Max locked memory'),
      nofile: limitOf(limits, 'Max open files'),
    },
  };
}

function limitOf(limits: string, name: string): number {
  const line = limits.split('\n').find((each) => each.startsWith(name));
  const soft = line?.slice(name.length).trim().split(/\s+/)[0];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

const CLOCK = '/sys/devices/system/clocksource/clocksource0';

/** Jiffies of all processors since the start (proc(5)): all, and those that the hypervisor took. */
export type CpuTimes = { readonly total: number; readonly stolen: number };

export function readCpuTimes(): CpuTimes | null {
  const line = quietly(() => readFileSync('/proc/stat', 'utf8'), '').split('\n', 1)[0] ?? '';
  const times = line.split(/\s+/).slice(1).map(Number);
  // user nice system idle iowait irq softirq steal; what guests use is in user.
  return times.length < 8
    ? null
    : { total: times.slice(0, 8).reduce((sum, each) => sum + each, 0), stolen: times[7] ?? 0 };
}

export function readClock(before: CpuTimes | null): Clock {
  const now = readCpuTimes();
  const spent = before === null || now === null ? 0 : now.total - before.total;
  return {
    source: textOf(`${CLOCK}/current_clocksource`),
    available: (textOf(`${CLOCK}/available_clocksource`) ?? '').split(' '),
    stolen: before === null || now === null || spent === 0 ? null : (now.stolen - before.stolen) / spent,
  };
}

export function readMemory(): Memory {
  const kilobytes = /^SwapTotal:\s+(\d+) kB/m.exec(textOf('/proc/meminfo') ?? '')?.[1] ?? '0';
  const group = /^0::(\/.*)$/m.exec(textOf('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  return { swapBytes: Number(kilobytes) * 1024, swapAllowed: textOf(`/sys/fs/cgroup${group}/memory.swap.max`) !== '0' };
}
