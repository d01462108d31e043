import { type Context, createContext, Script } from 'node:vm';

/** A regular expression that takes longer on one body would hold up every other check of the thread. */
const REGEX_LIMIT_MS = 50;

/** Tests with a time limit: a hostile body can make an innocent expression backtrack for hours. */
export class RegexTester {
  readonly #inputs: { regex: RegExp | null; text: string } = { regex: null, text: '' };
  readonly #script = new Script('regex.test(text)');
  #context: Context | null = null;

  test(regex: RegExp, text: string): 'match' | 'no-match' | 'too-slow' {
    this.#context ??= createContext(this.#inputs);
    this.#inputs.regex = regex;
    this.#inputs.text = text;
    try {
      return this.#script.runInContext(this.#context, { timeout: REGEX_LIMIT_MS }) === true ? 'match' : 'no-match';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'too-slow';
      throw error;
    } finally {
      this.#inputs.text = '';
    }
  }
}
