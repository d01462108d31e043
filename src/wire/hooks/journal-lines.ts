/**
 * The text of the hooks' journal: a record a line, behind its checksum. What a crash cut off at the end is no record yet; anything else
 * that does not fit is damage.
 */
import { crc32 } from 'node:zlib';

/** What a hook may be told, with all that decides who is. */
export type JournalEntry = {
  readonly seq: number;
  /** The event's type. */
  readonly type: string;
  /** What it is about: the instance, the group, the service, the backend. */
  readonly names: readonly string[];
  /** The state that it leads to, in lower case. */
  readonly state: string | null;
  /** For this hook alone. */
  readonly only: string | null;
  /** Nothing happened: it tells how things stand. */
  readonly present: boolean;
  /** What keepalived says of it, such as `INSTANCE vi1 MASTER 100`; null = nothing. */
  readonly words: readonly string[] | null;
  readonly event: { readonly [field: string]: unknown };
};

/** `done`: everything up to this one was told, but for `missed` of them, which is told with the next. */
export type Cursor = { readonly hook: string; readonly done: number; readonly missed: number };

export type JournalRecord =
  /** The first line: `next` is the number of the next entry, where none follows. */
  | { readonly kind: 'journal'; readonly version: 1; readonly epoch: string; readonly next: number }
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'cursor'; readonly cursor: Cursor };

export function journalLine(record: JournalRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** Throws with what is wrong, and where. */
export function parseJournalLines(text: string): readonly JournalRecord[] {
  const lines = text.split('\n');
  // After the last line's end, or what a crash left of a line.
  lines.pop();
  return lines.map((line, index) => {
    const record = recordOf(line);
    if (record === null) throw new Error(`line ${index + 1} is no record`);
    return record;
  });
}

function recordOf(line: string): JournalRecord | null {
  const text = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isRecord(value) ? value : null;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const orNull = (value: unknown, is: (value: unknown) => boolean): boolean => value === null || is(value);

function isRecord(value: unknown): value is JournalRecord {
  if (!isMap(value)) return false;
  const { kind, version, epoch, next, entry, cursor } = value;
  if (kind === 'journal') return version === 1 && isText(epoch) && isCount(next);
  if (kind === 'entry') return isEntry(entry);
  return (
    kind === 'cursor' && isMap(cursor) && isText(cursor['hook']) && isCount(cursor['done']) && isCount(cursor['missed'])
  );
}

function isEntry(value: unknown): boolean {
  if (!isMap(value)) return false;
  const { seq, type, names, state, only, present, words, event } = value;
  return (
    isCount(seq) &&
    isText(type) &&
    isTexts(names) &&
    orNull(state, isText) &&
    orNull(only, isText) &&
    typeof present === 'boolean' &&
    orNull(words, isTexts) &&
    isMap(event)
  );
}
