import type { Link } from '../../model/link.js';
import type { Checker, CheckerContext } from '../../model/probe.js';
import { msFromNs } from '../../model/units.js';
import type { FromHostChecks, ToHostChecks } from '../../wire/links/host-checks.js';
import type { CustomCheck } from '../custom/index.js';
import { createChecker, type Probe } from '../probing/probe.js';
import { healthy, ourError, unhealthy } from '../probing/probe-result.js';

/** The part of a probe's time after which a host thread that has not even begun it is to blame, and not the target. */
const PATIENCE = 0.9;

/** Checks that the host app brings along: they run in its own thread, and the shard waits for their word. */
export function createCustomChecker(
  context: CheckerContext,
  link: Link<FromHostChecks, ToHostChecks>,
): Checker<CustomCheck> {
  const waiting = new Map<number, { readonly probe: Probe; readonly impatience: NodeJS.Timeout }>();
  let nextId = 1;

  const incoming = link.in$.subscribe((message) => {
    const entry = waiting.get(message.id);
    if (entry === undefined) return;
    if (message.kind === 'began') {
      clearTimeout(entry.impatience);
      entry.probe.phase = 'query';
    } else {
      entry.probe.end(message.healthy ? healthy(message.message) : unhealthy('mismatch', message.message));
    }
  });

  return createChecker<CustomCheck>(
    context,
    (probe, { host, port, check }) => {
      const id = nextId++;
      probe.phase = 'queue';
      const impatience = setTimeout(
        () => probe.end(ourError('time', "the host app's thread was too busy to begin the check")),
        msFromNs(check.timeoutNs) * PATIENCE,
      );
      waiting.set(id, { probe, impatience });
      probe.hold(() => {
        clearTimeout(impatience);
        waiting.delete(id);
        link.out.next({ kind: 'abort', id });
      });
      link.out.next({ kind: 'start', id, name: check.name, host, port });
    },
    () => incoming.unsubscribe(),
  );
}
