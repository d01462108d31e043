import { type Context, createContext, Script } from 'node:vm';
import { threadCpuMs } from '../../os/process/thread-cpu.js';

/** A regular expression that takes longer on one body would hold up every other check of the thread. */
const REGEX_LIMIT_MS = 50;
/** Tries that used up the limit's time on the processor before the expression is called slow: one may have been collecting garbage. */
const SLOW_TRIES = 2;
/** Tries in all. One that this busy host has interrupted says nothing: the next gets twice the time, up to the longest. */
const MAX_TRIES = 8;
/** The last tries may keep the thread's other checks waiting no longer than this, each. */
const LONGEST_TRY_MS = 800;

export type RegexResult = 'match' | 'no-match' | 'too-slow' | 'not-judged';

/** Tests with a time limit: a hostile body can make an innocent expression backtrack for hours. */
export class RegexTester {
  readonly #inputs: { regex: RegExp | null; text: string } = { regex: null, text: '' };
  readonly #script = new Script('regex.test(text)');
  #context: Context | null = null;

  test(regex: RegExp, text: string): RegexResult {
    let slow = 0;
    let limitMs = REGEX_LIMIT_MS;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const startedMs = threadCpuMs();
      const result = this.#try(regex, text, limitMs);
      if (result !== 'timeout') return result;
      if (threadCpuMs() - startedMs >= REGEX_LIMIT_MS / 2) slow += 1;
      else limitMs = Math.min(2 * limitMs, LONGEST_TRY_MS);
      if (slow === SLOW_TRIES) return 'too-slow';
    }
    return 'not-judged';
  }

  #try(regex: RegExp, text: string, limitMs: number): 'match' | 'no-match' | 'timeout' {
    this.#context ??= createContext(this.#inputs);
    this.#inputs.regex = regex;
    this.#inputs.text = text;
    try {
      return this.#script.runInContext(this.#context, { timeout: limitMs }) === true ? 'match' : 'no-match';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'timeout';
      throw error;
    } finally {
      this.#inputs.text = '';
    }
  }
}
