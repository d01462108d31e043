import type { HookConfig } from '../../config/sections/hooks.js';

/** What a hook is told, in every spelling. */
export type Message = {
  readonly hook: HookConfig;
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
