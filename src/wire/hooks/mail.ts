/** A mail about an event. */
import type { JournalEntry } from './journal-lines.js';

/** Subjects are one line, and many readers cut them here. */
const MAX_SUBJECT = 160;

export function mailOf(
  node: string,
  entry: JournalEntry,
  document: string,
): { readonly subject: string; readonly text: string } {
  const { type, names, state, present, event } = entry;
  const what = [names.join('/'), state ?? type].filter((part) => part !== '').join(' ');
  const subject = `[${node}] ${what}${present ? ' (as it stands)' : ''}`.replace(/\p{C}+/gu, ' ').slice(0, MAX_SUBJECT);
  return {
    subject,
    text: `${what}: ${String(event['why'] ?? '')}\n\n${JSON.stringify(JSON.parse(document), null, 2)}\n`,
  };
}
