/** Names of files as glob(7) has them, with csh's braces: `conf.d/{a,b}*.conf`. */
import type { SourceFiles } from '../../files.js';

/** Alternatives of braces in one pattern: `{a,b}{a,b}...` doubles with each. */
const MAX_ALTERNATIVES = 1024;

export const hasWildcard = (pattern: string): boolean => /[*?[{]/u.test(pattern);

/** The paths that a pattern names, each alternative's in order; a name without wildcards is itself, whether it is there or not. */
export function glob(pattern: string, files: SourceFiles): readonly string[] {
  return alternatives(pattern).flatMap((one) => matches(one, files));
}

function alternatives(pattern: string): readonly string[] {
  let open = [pattern];
  for (;;) {
    const index = open.findIndex((one) => /\{[^{}]*\}/u.test(one));
    if (index === -1 || open.length > MAX_ALTERNATIVES) return open.slice(0, MAX_ALTERNATIVES);
    open = open.flatMap((one, at) => {
      const match = at === index ? /\{([^{}]*)\}/u.exec(one) : null;
      if (match === null) return [one];
      const before = one.slice(0, match.index);
      const after = one.slice(match.index + match[0].length);
      return (match[1] ?? '').split(',').map((part) => before + part + after);
    });
  }
}

function matches(pattern: string, files: SourceFiles): readonly string[] {
  if (!/[*?[]/u.test(pattern)) return [pattern];
  const steps = pattern.split('/');
  let found = [''];
  steps.forEach((step, index) => {
    const isLast = index === steps.length - 1;
    found = found.flatMap((path) =>
      /[*?[]/u.test(step) ? below(path, step, isLast, files) : [`${path}${step}${isLast ? '' : '/'}`],
    );
  });
  return found;
}

function below(path: string, step: string, isLast: boolean, files: SourceFiles): readonly string[] {
  const tokens = tokensOf(step);
  const names = (files.list(path === '' ? '.' : path) ?? []).filter((name) => name.endsWith('/') !== isLast);
  const fitting = names.filter((name) => {
    return (!name.startsWith('.') || step.startsWith('.')) && fits(tokens, name.replace(/\/$/u, ''));
  });
  return fitting.toSorted().map((name) => path + name);
}

/** What one character must be; null for a star. */
type Token = ((character: string) => boolean) | null;

const tokensOf = (step: string): readonly Token[] =>
  (step.match(/\*+|\[!?\]?[^\]]*\]|[\s\S]/gu) ?? []).map((part) => {
    if (part.startsWith('*')) return null;
    if (part === '?') return () => true;
    if (part.length < 3 || !part.startsWith('[')) return (character) => character === part;
    const isNot = part.startsWith('[!');
    const ranges = [...part.slice(isNot ? 2 : 1, -1).matchAll(/(.)-(.)|(.)/gu)];
    return (character) =>
      ranges.some(([, from, to, one]) =>
        one === undefined ? character >= (from ?? '') && character <= (to ?? '') : character === one,
      ) !== isNot;
  });

/** The last star takes one character more at each failure, so that it takes no exponential time. */
function fits(tokens: readonly Token[], name: string): boolean {
  const characters = [...name];
  let token = 0;
  let star = -1;
  let taken = 0;
  for (let at = 0; at < characters.length; ) {
    const test = tokens[token];
    if (test === null) {
      star = token;
      taken = at;
      token += 1;
    } else if (test?.(characters[at] ?? '')) {
      token += 1;
      at += 1;
    } else if (star === -1) return false;
    else {
      taken += 1;
      at = taken;
      token = star + 1;
    }
  }
  return tokens.slice(token).every((rest) => rest === null);
}
