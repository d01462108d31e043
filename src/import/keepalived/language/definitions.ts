/** `$NAME=text`, what it stands for, and the names that keepalived defines by itself. */

import type { Place } from '../../notes.js';
import { MAX_LINE, MAX_REPLACEMENTS } from './limits.js';
import { unreadable } from './problem.js';

export type Surroundings = {
  /** What `@NAME` at the start of a line is compared with, and `${_INSTANCE}`. */
  readonly host: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

const DEFINITION = /^\$([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)$/su;
/** Without braces, white space, a comma or a closing parenthesis ends the name. */
const USE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)((?:[ \t]+[A-Za-z0-9_]+)*)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))/uy;

export const definitionOf = (text: string): { readonly name: string; readonly value: string } | null => {
  const match = DEFINITION.exec(text);
  return match === null ? null : { name: match[1] ?? '', value: match[2] ?? '' };
};

export class Definitions {
  readonly #values = new Map<string, readonly string[]>();
  readonly #around: Surroundings;
  /** Told for what is another value at each start of keepalived. */
  readonly #tell: (at: Place, name: string, why: string) => void;

  constructor(around: Surroundings, tell: (at: Place, name: string, why: string) => void) {
    this.#around = around;
    this.#tell = tell;
  }

  /** Several lines: a block by name. */
  set(name: string, lines: readonly string[]): void {
    this.#values.set(name, lines);
  }

  /** The text with every definition in it replaced, what they hold too; more than one line where the last has several. */
  expand(text: string, at: Place): readonly string[] {
    let line = text;
    let rest: readonly string[] = [];
    let position = line.indexOf('$');
    for (let count = 0; position !== -1; count += 1) {
      USE.lastIndex = position;
      const match = USE.exec(line);
      const value = match === null ? null : this.#value(match, line, at);
      if (match === null || value === null) {
        position = line.indexOf('$', position + 1);
        continue;
      }
      const [first = '', ...others] = value;
      line = line.slice(0, position) + first + line.slice(position + match[0].length);
      rest = [...others, ...rest];
      if (count >= MAX_REPLACEMENTS || line.length > MAX_LINE) {
        throw unreadable(at, match[0], 'the definition grows without an end: does it contain itself?');
      }
      // What a sequence repeats is replaced once for each of its values.
      if (/^\s*~/u.test(first)) break;
      position = line.indexOf('$', position);
    }
    return [line, ...rest];
  }

  #value(match: RegExpExecArray, line: string, at: Place): readonly string[] | null {
    const name = match[1] ?? match[3] ?? '';
    const parameters = (match[2] ?? '').trim();
    const own = this.#values.get(name);
    // A block stands alone at the end of a line.
    if (own !== undefined) return own.length > 1 && match.index + match[0].length < line.length ? null : own;
    return this.#predefined(name, parameters, at);
  }

  #predefined(name: string, parameters: string, at: Place): readonly string[] | null {
    switch (name) {
      case '_HASH':
        return ['#'];
      case '_BANG':
        return ['!'];
      case '_INSTANCE':
        return [this.#around.host];
      case '_PWD':
        return [at.file.includes('/') ? at.file.slice(0, at.file.lastIndexOf('/')) || '/' : '.'];
      case '_RANDOM': {
        const least = parameters.split(/\s+/u)[0] || '0';
        this.#tell(at, name, `keepalived draws a number at each start: ${least} is taken`);
        return [least];
      }
      case '_ENV': {
        const value = this.#around.env[parameters];
        const what = `the variable ${parameters} of this command's environment is taken`;
        this.#tell(at, name, value === undefined ? `${what}, which has none: it is empty` : what);
        return [value ?? ''];
      }
      default:
        return null;
    }
  }
}
