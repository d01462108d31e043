import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until it is so: for what nobody tells. The test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>, everyMs = 10): Promise<void> {
  while (!(await condition())) await sleep(everyMs);
}
