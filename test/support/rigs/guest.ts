/**
 * Tests of what this machine's kernel lacks: the cases of a module run inside one User Mode Linux guest, one after the
 * other, and each is a test of its own here.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GuestOptions, runInGuest } from '../../../bench/support/uml.js';
import { needs } from '../needs.js';

/** Throws where it fails. Leaves the guest's network and tables as it found them. */
export type GuestCases = Readonly<Record<string, () => Promise<void>>>;
export type CaseResult = { readonly title: string; readonly error: string | null; readonly ms: number };

/** The limit of one case; a guest that ends late costs the others theirs. */
export type GuestTestOptions = GuestOptions & { readonly caseTimeoutMs?: number };
const CASE_TIMEOUT_MS = 180_000;
const GUEST_TIMEOUT_MS = 400_000;
const GRACE_MS = 30_000;

/** `module` exports `cases`. `also` names what the cases need beside a guest. */
export function guestTests(
  module: URL,
  cases: GuestCases,
  also: readonly string[],
  options: GuestTestOptions = {},
): void {
  let guest: Promise<Outcome> | null = null;
  for (const title of Object.keys(cases)) {
    needs(
      'root',
      'linux.uml',
      ...also,
    )(title, async (t) => {
      // The guest ends first, and tells its story.
      t.timeout((options.timeoutMs ?? GUEST_TIMEOUT_MS) + GRACE_MS);
      guest ??= runCases(module, options);
      const { results, story } = await guest;
      const result = results.get(title);
      if (result === undefined) {
        t.fail(`the guest ended before this case:\n${story}`);
        return;
      }
      t.log(`${result.ms} ms in the guest`);
      if (result.error === null) t.pass();
      else t.fail(result.error);
    });
  }
}

type Outcome = { readonly results: ReadonlyMap<string, CaseResult>; readonly story: string };

async function runCases(module: URL, options: GuestTestOptions): Promise<Outcome> {
  const scratch = await mkdtemp('/var/tmp/fulcrum-guest-');
  const file = join(scratch, 'results');
  try {
    const main = fileURLToPath(new URL('../programs/guest-main.js', import.meta.url));
    const limit = String(options.caseTimeoutMs ?? CASE_TIMEOUT_MS);
    const command = [process.execPath, main, module.href, file, limit];
    const ended = await runInGuest(command, { timeoutMs: GUEST_TIMEOUT_MS, ...options });
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    const results = lines.map((line) => JSON.parse(line) as CaseResult);
    return {
      results: new Map(results.map((result) => [result.title, result])),
      story: `status ${ended.status}\n${ended.stdout}\n${ended.stderr}\n${ended.console}`.slice(-4000),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
