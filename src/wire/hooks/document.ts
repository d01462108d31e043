/** What a hook of the format `json` is told: one document an event. */
import type { JournalEntry } from './journal-lines.js';

/** The word of an event in a hook's `on`. */
export const TRANSITION = 'vrrp-transition';

export type Telling = {
  readonly entry: JournalEntry;
  /** Matching events before it that the hook was never told. */
  readonly missed: number;
  /** 1 at the first time. */
  readonly attempt: number;
};
export type Teller = { readonly node: string; readonly hook: string; readonly epoch: string };

export const entryId = (epoch: string, { seq }: JournalEntry): string => `${epoch}-${seq}`;

export function hookDocument({ node, hook, epoch }: Teller, { entry, missed, attempt }: Telling): string {
  const { seq, type, present, words, event } = entry;
  const { atMs, ...rest } = event;
  return JSON.stringify({
    // Whoever is told twice knows it by this.
    id: entryId(epoch, entry),
    seq,
    node,
    hook,
    attempt,
    missed,
    present,
    event: type === 'vrrp-state' ? TRANSITION : type,
    at: new Date(Number(atMs)).toISOString(),
    ...rest,
    ...(words?.[0] === 'INSTANCE' ? { priority: Number(words[3]) } : {}),
  });
}

/** Longer texts and lists are cut: an event may name thousands of changes. */
const MAX_TEXT = 4096;
const MAX_ITEMS = 50;

/** An event of bounded size. */
export function shortened(event: object): { readonly [field: string]: unknown } {
  return Object.fromEntries(
    Object.entries(event).map(([key, value]: [string, unknown]) => {
      if (typeof value === 'string') return [key, cut(value)];
      if (!Array.isArray(value)) return [key, value];
      const items = value.slice(0, MAX_ITEMS).map((item) => cut(String(item)));
      return [key, value.length > MAX_ITEMS ? [...items, `... and ${value.length - MAX_ITEMS} more`] : items];
    }),
  );
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text);
