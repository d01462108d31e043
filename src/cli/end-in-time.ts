import { leaveThreadsAtExit } from '../os/process/leave-threads.js';
import { exitCode } from './exit-code.js';
import { nextSignal } from './signals.js';

/** As `nextSignal`; the end that it asks for takes no longer than `limitMs`, whatever hangs in a system call. */
export function nextSignalInTime(limitMs: number): Promise<NodeJS.Signals> {
  leaveThreadsAtExit();
  const asked = nextSignal();
  void asked.then(() => {
    const cutShort = () => {
      process.stderr.write('fulcrum: the stop was cut short: a thread hangs in a system call\n');
      process.exit(exitCode.internal);
    };
    setTimeout(cutShort, limitMs).unref();
  });
  return asked;
}
