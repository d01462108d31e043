/**
 * Declares what a test needs of the machine. Where it is missing the test is skipped, and listed with the reason at the
 * end of `npm test`; with CI=true or FULCRUM_REQUIRE_ALL=1 it fails instead.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { type AddonName, addons, whyNoAddon } from '../../bench/support/addons.js';
import { toolPath } from './peers/tool-path.js';

const requireAll = process.env['CI'] === 'true' || process.env['FULCRUM_REQUIRE_ALL'] === '1';
const skipFile = process.env['FULCRUM_SKIPS'];

/** `root`, `two processors`, an addon of bench/peers, a path that must be there, or a command that must be on the PATH (such as `nginx`). */
export type Need = 'root' | 'two processors' | `npm package ${AddonName}` | (string & {});

function missing(need: Need): string | null {
  if (need === 'root') return process.getuid?.() === 0 ? null : 'needs root';
  if (need === 'two processors') return availableParallelism() > 1 ? null : 'needs two processors';
  if (need.startsWith('/')) return existsSync(need) ? null : `needs ${need}`;
  const addon = addons.find((name) => need === `npm package ${name}`);
  if (addon !== undefined) return whyNoAddon(addon);
  const found = spawnSync('sh', ['-c', 'command -v "$0"', need], { env: { PATH: toolPath() } }).status === 0;
  return found ? null : `needs ${need}`;
}

type Body = (t: ExecutionContext) => void | Promise<void>;

type Declare = (title: string, body: Body) => void;

/** `needs('root', 'nginx')('title', body)` is ava's `test`, or a listed skip. */
export const needs = (...all: Need[]): Declare => declareWith(test, all);

/** The same for `test.serial`: one after the other, for tests that start servers or change the host. */
export const needsSerial = (...all: Need[]): Declare => declareWith(test.serial, all);

function declareWith(declare: Declare, all: readonly Need[]): Declare {
  const reasons = all.map(missing).filter((reason) => reason !== null);
  return (title, body) => {
    if (reasons.length === 0) {
      declare(title, body);
    } else if (requireAll) {
      declare(title, (t) => t.fail(`may not be skipped here: ${reasons.join(', ')}`));
    } else {
      test.skip(title, body);
      if (skipFile !== undefined) appendFileSync(skipFile, `${title}: ${reasons.join(', ')}\n`);
    }
  };
}
