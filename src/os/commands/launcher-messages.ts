/** Between a thread and the process that runs its commands. */
import type { CommandOptions, CommandResult } from './command.js';

export type ToLauncher =
  | { readonly kind: 'run'; readonly id: number; readonly options: Omit<CommandOptions, 'signal'> }
  | { readonly kind: 'abort'; readonly id: number };
export type FromLauncher = { readonly id: number; readonly result: CommandResult };
