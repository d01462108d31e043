import { messageOf } from '../model/errors.js';
import type { Link } from '../model/link.js';
import type { FromHostChecks, ToHostChecks } from '../wire/links/host-checks.js';

/** What the host app's own check is asked to look at. */
export type HostCheckTarget = { readonly host: string; readonly port: number };
/**
 * A check of the host app: true or false, or the same with a message. A rejection is unhealthy with the error's message. The
 * signal says that the answer is not waited for any more.
 */
export type HostCheck = (
  target: HostCheckTarget,
  signal: AbortSignal,
) => Promise<boolean | { readonly healthy: boolean; readonly message: string }>;

/** Runs the host app's checks for one monitor shard. */
export function serveHostChecks(
  link: Link<ToHostChecks, FromHostChecks>,
  checks: Readonly<Record<string, HostCheck>>,
): void {
  const running = new Map<number, AbortController>();
  link.in$.subscribe((message) => {
    if (message.kind === 'abort') {
      running.get(message.id)?.abort();
      running.delete(message.id);
    } else {
      void run(message);
    }
  });

  async function run({ id, name, host, port }: Extract<ToHostChecks, { kind: 'start' }>): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    link.out.next({ kind: 'began', id });
    const result = await outcome(name, { host, port }, abort.signal);
    if (running.delete(id)) link.out.next({ kind: 'ended', id, ...result });
  }

  async function outcome(name: string, target: HostCheckTarget, signal: AbortSignal) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return { healthy: false, message: `no check named ${name} is registered` };
    try {
      const result = await check(target, signal);
      return typeof result === 'boolean' ? { healthy: result, message: result ? 'good' : 'not good' } : result;
    } catch (error) {
      return { healthy: false, message: messageOf(error) };
    }
  }
}
