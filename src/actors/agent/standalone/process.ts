/** The standalone agent from the process's side: the agent runs in a thread, for only a thread's memory can be limited from within. */
import { Worker } from 'node:worker_threads';
import { type FulcrumError, MissingPrivilegeError } from '../../../model/errors.js';
import { threadEntry } from '../../../model/package.js';
import { ListenError } from '../../gateway/listeners/listen-error.js';
import type { AgentOptions } from './config.js';

/**
 * V8 lets the young generation grow to 48 MB under a steady load, of which a check needs a few KB: with 6 MB the rate is the
 * same, and the process 30 MB smaller.
 */
const YOUNG_GENERATION_MB = 6;

/** The thread's last word. */
export type AgentEnd =
  | { readonly kind: 'stopped' }
  /** `missing` as in MissingPrivilegeError. */
  | { readonly kind: 'failed'; readonly message: string; readonly missing: string | null };

/** Runs the agent until `stopAsked` gives the name of a signal. @throws ListenError, MissingPrivilegeError */
export function runAgentThread(options: AgentOptions, stopAsked: Promise<string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadEntry('agent'), {
      workerData: options,
      name: 'agent',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    void stopAsked.then((signal) => worker.postMessage(signal));
    worker.on('message', (end: AgentEnd) => {
      if (end.kind === 'failed') reject(failureOf(end));
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

const failureOf = ({ message, missing }: AgentEnd & { kind: 'failed' }): FulcrumError =>
  missing === null ? new ListenError(message) : new MissingPrivilegeError(missing, message);
