import { hideLogins, type Redaction } from '../wire/secrets/redaction.js';

/** A message must fit a line of a log, whatever a server put into its error. */
const MAX_MESSAGE_LENGTH = 300;

/** What an error says, in one line, without logins in URLs and the secrets that are known. */
export function errorText(error: unknown, secrets: Redaction): string {
  const text = hideLogins(secrets.text(rawText(error)))
    .replace(/\s+/g, ' ')
    .trim();
  if (text === '') return 'failed without a reason';
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

function rawText(error: unknown): string {
  // A connection that was refused at each of a name's addresses: the outer message is empty.
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map(rawText))].join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  // fetch() says "fetch failed" and hides the reason in the cause.
  if (error.cause instanceof Error) return `${error.message}: ${rawText(error.cause)}`;
  return error.message === '' ? error.name : error.message;
}
