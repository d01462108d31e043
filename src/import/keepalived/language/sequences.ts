/** `~SEQ(NAME, from, step, to) text` and `~LST(NAME, a, b) text`: the text once for each value. */

export type Sequence = {
  readonly names: readonly string[];
  readonly values: Iterable<readonly string[]>;
  readonly text: string;
};

/** Null where it is none; `expand` replaces the definitions in the bounds. */
export function sequenceOf(text: string, expand: (text: string) => string): Sequence | null {
  return text.startsWith('~SEQ') ? numbersOf(text, expand) : text.startsWith('~LST') ? listOf(text) : null;
}

const SEQ = /^~SEQ(x?)[ \t]*\([ \t]*([^\s,){]+)[ \t]*,([^)]*)\)[ \t]*(.*)$/su;

function numbersOf(line: string, expand: (text: string) => string): Sequence | null {
  const match = SEQ.exec(line);
  if (match === null) return null;
  const [, hexadecimal, name = '', inside = '', text = ''] = match;
  const numbers = expand(inside)
    .split(',')
    .map((part) => numberOf(part.trim()));
  const bounds = boundsOf(numbers);
  if (bounds === null) return null;
  const { from, step, to } = bounds;
  if (hexadecimal === 'x' && (from < 0 || to < 0)) return null;
  const radix = hexadecimal === 'x' ? 16 : 10;
  return { names: [name], values: counted(from, step, to, radix), text };
}

/** As strtol reads it: decimal, 0x1f or 017. */
function numberOf(text: string): number {
  const match = /^([-+]?)(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})$/u.exec(text);
  if (match === null) return Number.NaN;
  const [, sign, digits = ''] = match;
  const size = /^0[0-7]+$/u.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return sign === '-' ? -size : size;
}

function boundsOf(
  numbers: readonly number[],
): { readonly from: number; readonly step: number; readonly to: number } | null {
  if (numbers.length === 0 || numbers.length > 3 || numbers.some(Number.isNaN)) return null;
  const [one = 0, two = 0, three = 0] = numbers;
  if (numbers.length === 1) return { from: one < 0 ? -1 : 1, step: one < 1 ? -1 : 1, to: one };
  if (numbers.length === 2) return { from: one, step: one <= two ? 1 : -1, to: two };
  const isEndless = two === 0 || (one < three && two < 0) || (one > three && two > 0);
  return isEndless ? null : { from: one, step: two, to: three };
}

function* counted(from: number, step: number, to: number, radix: number): Iterable<readonly string[]> {
  let next = from;
  do {
    yield [next.toString(radix)];
    next += step;
  } while (step > 0 ? next <= to : next >= to);
}

/** A value, or several in braces. */
const GROUP = /[ \t]*(?:\{([^{}]*)\}|([^,{}()]*))[ \t]*/uy;

function listOf(line: string): Sequence | null {
  const open = /^~LST[ \t]*\(/u.exec(line);
  if (open === null) return null;
  const groups: (readonly string[])[] = [];
  let at = open[0].length;
  for (;;) {
    GROUP.lastIndex = at;
    const match = GROUP.exec(line);
    if (match === null) return null;
    groups.push((match[1] ?? match[2] ?? '').split(',').map((part) => part.trim()));
    at = GROUP.lastIndex;
    const mark = line.charAt(at);
    at += 1;
    if (mark === ')') break;
    if (mark !== ',') return null;
  }
  const [names = [], ...values] = groups;
  if (values.length === 0 || names.some((name) => !/^[A-Za-z_]\w*$/u.test(name))) return null;
  return values.some((value) => value.length > names.length) ? null : { names, values, text: line.slice(at).trim() };
}
