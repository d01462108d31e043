/** How errors word things: what was found, and what is allowed. */
import { hideLogins } from '../wire/secrets/redaction.js';
import { MAX_URL_LENGTH } from './limits.js';

const MAX_SHOWN = 60;

/** A found value, short enough for a line. */
export const show = (value: unknown): string => {
  if (typeof value === 'string') {
    // A URL may stand where none is expected.
    const safe = hideLogins(value.slice(0, MAX_URL_LENGTH));
    const cut = safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}...` : safe;
    return `'${cut.replace(/\p{C}/gu, '?')}'`;
  }
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'symbol') return value.description ?? 'a symbol';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'function' ? 'a function' : String(value);
};

/** Zod's `error` option: the message for a value that is missing or no `what`. */
export type Say = (issue: { readonly input?: unknown }) => string;

/** `what` with its article, such as "a port"; `allowed` completes "... are allowed" or gives an example. */
export const say =
  (what: string, allowed: string): Say =>
  ({ input }) =>
    missing(input, what, allowed) ?? `${show(input)} is not ${what}: ${allowed}`;

/** What is left out, and what a key without a value gives. */
const missing = (input: unknown, what: string, allowed: string): string | null => {
  if (input === undefined) return `missing: ${what} is needed here (${allowed})`;
  return input === null ? `there is no value: ${what} is needed here, or no key (${allowed})` : null;
};

/** The same for what must never be shown, such as a password or a URL that holds one. */
export const saySecretly =
  (what: string, allowed: string): Say =>
  ({ input }) =>
    missing(input, what, allowed) ?? `this is not ${what}: ${allowed}`;
