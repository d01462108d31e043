/** The scalar values of the document: each reads one spelling, says what is wrong with it, and gives the model's value. */
import { z } from 'zod';
import { port as asPort, type Nanoseconds, NS_PER_S, ns } from '../model/units.js';
import { formatEscapes, parseEscapes } from '../wire/text/escapes.js';
import { formatHumantime, parseHumantime } from '../wire/text/humantime.js';
import { MAX_DURATION_DAYS, MAX_PROBE_BYTES } from './limits.js';
import { spelled } from './mapping.js';
import { type Say, say, saySecretly, show } from './messages.js';

/** The one way in which a transform refuses a value. */
export const refuse = (context: z.RefinementCtx, input: unknown, message: string): typeof z.NEVER => {
  context.issues.push({ code: 'custom', message, input });
  return z.NEVER;
};

const LONGEST = ns(MAX_DURATION_DAYS * 86_400 * NS_PER_S);

export type DurationRange = {
  readonly min?: Nanoseconds;
  readonly max?: Nanoseconds;
  /** It must be a whole multiple of this. */
  readonly step?: Nanoseconds;
};

/** For editors: coarser than the parser, which has the last word. */
const DURATION_PATTERN = '^\\s*(0|([0-9][0-9\\s]*(\\.[0-9\\s]+)?[A-Za-z\\u00b5]+\\s*)+)$';

/** For what is no text. */
export const durationError: Say = ({ input }) => {
  if (input === undefined) return 'missing: a duration is needed here (such as 500ms or 1m 30s)';
  const hint = typeof input === 'number' ? `a bare number is refused: write ${input}s or ${input}ms` : 'write 5s';
  return `${show(input)} is not a duration: ${hint}`;
};

/** Humantime text. */
export const duration = ({ min = ns(0), max = LONGEST, step = ns(1) }: DurationRange = {}) =>
  spelled(
    z
      .string({ error: durationError })
      .transform((text, context): Nanoseconds => {
        const result = parseHumantime(text);
        if (!result.ok) return refuse(context, text, result.message);
        const range = `${formatHumantime(min)} to ${formatHumantime(max)} are allowed`;
        if (result.ns < min) return refuse(context, text, `${show(text)} is too short: ${range}`);
        if (result.ns > max) return refuse(context, text, `${show(text)} is too long: ${range}`);
        if (result.ns % step === 0) return result.ns;
        return refuse(context, text, `${show(text)} is not a whole number of ${formatHumantime(step)} steps`);
      })
      .meta({ examples: ['500ms', '1m 30s'], pattern: DURATION_PATTERN }),
    { unit: 'Ns', write: formatHumantime },
  );

/** A whole number in a range; `what` is its name with the article. */
export const integer = (what: string, min: number, max: number) => {
  const error = say(what, `${min} to ${max} are allowed`);
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const number = (what: string, min: number, max: number) => {
  const error = say(what, `${min} to ${max} are allowed`);
  return z.number({ error }).min(min, { error }).max(max, { error });
};

/** The number of `40%`; NaN for other text. */
export const percentOf = (input: string): number => {
  const match = /^([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%$/.exec(input.trim());
  return match === null ? Number.NaN : Number(match[1]);
};

export const port = () => integer('a port', 1, 65_535).transform(asPort);
export const bool = () => z.boolean({ error: say('true or false', 'write true or false, without quotes') });

/** Text of one line. */
export const text = (what: string, { min = 1, max = 1024 } = {}) => {
  const error = say(what, `text of ${min} to ${max} characters without control characters is allowed`);
  return z
    .string({ error })
    .min(min, { error })
    .max(max, { error })
    .regex(/^\P{Cc}*$/u, { error });
};

/** Text that no message shows. */
export const secret = (what: string, max: number) => {
  const error = saySecretly(what, `text of 1 to ${max} characters is allowed`);
  return z.string({ error }).min(1, { error }).max(max, { error });
};

/** One of a few words. */
export const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: ({ input }) => wordError(input, words) });

const wordError = (input: unknown, words: readonly string[]): string => {
  const found =
    input === undefined
      ? 'missing: a word is needed here'
      : input === null
        ? 'there is no value'
        : `${show(input)} is not allowed`;
  return `${found}: one of ${words.join(', ')}`;
};

/** Names of things appear in paths, metrics and on the command line. */
export const name = (what: string) =>
  z.string({ error: say(what, NAME_RULE) }).regex(NAME, { error: say(what, NAME_RULE) });

const NAME = /^[A-Za-z0-9[][A-Za-z0-9._:@+[\]-]{0,127}$/;
const NAME_RULE = 'up to 128 letters, digits and . _ - : @ + [ ], beginning with a letter or digit, are allowed';

/** The kernel's IFNAMSIZ is 16 with the closing zero; a slash would leave /sys/class/net. */
export const interfaceName = () => {
  const error = say('a network interface', 'up to 15 characters without spaces and slashes are allowed');
  return z.string({ error }).regex(/^(?!\.{1,2}$)[^\s/:\p{Cc}]{1,15}$/u, { error });
};

/** A path in the file system; a relative one starts at the configuration's folder. */
export const filePath = () =>
  spelled(
    text('a path', { max: 4096 }).meta({ description: 'A path; a relative one starts at the folder of the file' }),
    { place: 'file' },
  );

/** Where a unix socket is made. */
export const socketPath = () => spelled(filePath(), { place: 'socket' });

/** Bytes as text with C escapes. */
export const bytes = () =>
  spelled(
    z
      .string({ error: say('text', 'text with C escapes, such as "PING\\r\\n", is allowed') })
      .transform((input, context): Uint8Array => {
        if (input.length > MAX_PROBE_BYTES)
          return refuse(context, input, `at most ${MAX_PROBE_BYTES} characters are allowed`);
        const result = parseEscapes(input);
        return result.ok ? result.bytes : refuse(context, input, result.message);
      }),
    { write: formatEscapes },
  );
