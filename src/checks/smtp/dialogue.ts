/** What a check says to a mail server, and which answers are good. */
import type { FailureCause } from '../../model/probe.js';
import type { SmtpReply } from '../../wire/smtp/replies.js';
import { shorten } from '../../wire/text/shorten.js';

/** What the next reply answers. */
export type Stage = 'banner' | 'EHLO' | 'HELO' | 'STARTTLS' | 'QUIT';

export type Step =
  | { readonly kind: 'say'; readonly stage: Exclude<Stage, 'banner'> }
  /** Goes on in TLS. */
  | { readonly kind: 'secure' }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly cause: FailureCause; readonly reason: string };

/** Longest part of the server's words in a message. */
const MAX_QUOTED = 200;

/** RFC 5321 section 3.2: these servers may know HELO. */
const knowsNoEhlo: ReadonlySet<number> = new Set([500, 502]);

/** `starttls`: TLS is still to come. */
export function nextStep(stage: Stage, reply: SmtpReply, starttls: boolean): Step {
  if (stage === 'EHLO' && knowsNoEhlo.has(reply.code) && !starttls) return { kind: 'say', stage: 'HELO' };
  if (reply.code !== goodCodes[stage]) {
    const cause = stage === 'STARTTLS' ? 'tls' : 'status';
    return { kind: 'refused', cause, reason: `${asSubject[stage]} ${quoteReply(reply)}` };
  }
  if (stage === 'banner') return { kind: 'say', stage: 'EHLO' };
  if (stage === 'QUIT') return { kind: 'done' };
  if (stage === 'STARTTLS') return { kind: 'secure' };
  if (!starttls) return { kind: 'say', stage: 'QUIT' };
  // The first line greets.
  return reply.lines.slice(1).some((line) => /^STARTTLS\s*$/i.test(line))
    ? { kind: 'say', stage: 'STARTTLS' }
    : { kind: 'refused', cause: 'tls', reason: 'the server does not offer STARTTLS' };
}

const goodCodes: Readonly<Record<Stage, number>> = { banner: 220, EHLO: 250, HELO: 250, STARTTLS: 220, QUIT: 221 };
const asSubject: Readonly<Record<Stage, string>> = {
  banner: 'the banner is',
  EHLO: 'EHLO was answered with',
  HELO: 'HELO was answered with',
  STARTTLS: 'STARTTLS was answered with',
  QUIT: 'QUIT was answered with',
};

export const quoteReply = ({ code, lines }: SmtpReply): string => shorten(`${code} ${lines.join(' ')}`, MAX_QUOTED);
