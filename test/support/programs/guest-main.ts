/** Inside the guest: runs a module's cases, and writes one line of JSON for each to a file that the host reads. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaseResult, GuestCases } from '../rigs/guest.js';

const [moduleUrl = '', file = '', limitMs = ''] = process.argv.slice(2);
const { cases } = (await import(moduleUrl)) as { readonly cases: GuestCases };

for (const [title, run] of Object.entries(cases)) {
  const start = performance.now();
  const timeout = sleep(Number(limitMs), `took longer than ${Number(limitMs) / 1000} s`, { ref: false });
  const failed = await Promise.race([run().then(() => null, textOf), timeout]);
  const result: CaseResult = { title, error: failed, ms: Math.round(performance.now() - start) };
  appendFileSync(file, `${JSON.stringify(result)}\n`);
}
process.exit(0);

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
