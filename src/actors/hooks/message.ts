import type { HookConfig } from '../../config/sections/hooks.js';
import { messageOf } from '../../model/errors.js';
import { msFromNs } from '../../model/units.js';
import type { JournalEntry } from '../../wire/hooks/journal-lines.js';

/** What a hook is told, in every spelling. */
export type Message = {
  readonly hook: HookConfig;
  readonly node: string;
  /** The same for each attempt, and for no other event. */
  readonly id: string;
  readonly entry: JournalEntry;
  readonly document: string;
  /** keepalived's; empty where it has none. */
  readonly words: readonly string[];
  /** A command's environment. */
  readonly facts: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

export type Outcome =
  | { readonly result: 'ok' }
  | { readonly result: 'failed' | 'timeout'; readonly why: string }
  /** The daemon stops: it is told again after the start. */
  | { readonly result: 'aborted' };

/** `work` ends in time, or its signal tells it to. */
export async function inTime(
  { hook: { timeoutNs }, signal }: Message,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<Outcome> {
  const limit = new AbortController();
  const abort = () => limit.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, msFromNs(timeoutNs));
  signal.addEventListener('abort', abort);
  try {
    await work(limit.signal);
    return { result: 'ok' };
  } catch (error) {
    if (late) return { result: 'timeout', why: `it was not done within ${msFromNs(timeoutNs)} ms` };
    return signal.aborted ? { result: 'aborted' } : { result: 'failed', why: messageOf(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
