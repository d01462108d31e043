/**
 * A monitor that finds imagined backends dead before the real one finds any: code that never ran takes several times as long, and the
 * first backend that dies is to be told of as soon as all that follow. Its probes are real ones, of this host's port 0: nobody can
 * listen there, so the kernel refuses them at once.
 */
import { filter, firstValueFrom, map, of, timeout } from 'rxjs';
import { tcpCheck } from '../../checks/probing/plain-check.js';
import type { Config } from '../../model/config.js';
import { type TargetAssignment, targetsLink } from '../../wire/links/targets.js';
import type { Actor, ActorContext } from '../../workers/actor.js';
import { dryContext } from '../../workers/host/dry-context.js';
import { linkPair } from '../../workers/links/link-pair.js';
import { risen } from './risen-target.js';

/** Twice as many make it no faster. */
const ROUNDS = 20;
/** A host that refuses nothing on its loopback, or not at once, has nothing to rehearse with. */
const PATIENCE_MS = 100;

/** Runs the monitor that `start` makes until its code is warm. Nothing of it is told or left behind. */
export async function rehearse(config: Config, start: (context: ActorContext) => Actor): Promise<void> {
  const link = linkPair('dry', targetsLink);
  const monitor = start(dryContext(config, [link.b]));
  const causes$ = link.a.in$.pipe(
    filter((message) => message.kind === 'transitions'),
    map(({ statuses }) => statuses[0]?.cause),
    timeout({ each: PATIENCE_MS, with: () => of(null) }),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    const cause = firstValueFrom(causes$);
    link.a.out.next({ kind: 'assign', targets: [mortal(`rehearsal ${round}`)] });
    if ((await cause) !== 'refused') break;
  }
  await monitor.stop();
}

const mortal = (key: string): TargetAssignment => ({
  key,
  spec: { host: '127.0.0.1', port: 0, check: tcpCheck, mark: null },
  resume: risen(key),
});
