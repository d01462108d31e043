/** Measuring before ordinary programs: SCHED_RR at priority 1. Needs util-linux, and root or CAP_SYS_NICE. */
import { execFileSync } from 'node:child_process';

/** The words in front of a program that is to run so. */
export const realtimeWords: readonly string[] = ['chrt', '--rr', '1'];

/** Runs `work` with all threads of this process, and those that they make meanwhile, so. */
export async function inRealtime<T>(realtime: boolean, work: () => Promise<T>): Promise<T> {
  if (!realtime) return work();
  const schedule = (policy: '--rr' | '--other', priority: number) =>
    execFileSync('chrt', [policy, '--all-tasks', '--pid', String(priority), String(process.pid)]);
  schedule('--rr', 1);
  try {
    return await work();
  } finally {
    schedule('--other', 0);
  }
}
