import type { Driver } from '../../../dataplane/driver.js';
import type { Change } from '../../../model/dataplane/change.js';
import type { ServiceKey } from '../../../model/dataplane/table.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { Ownership } from './ownership.js';

/** Removes what is ours. What cannot be removed is told, and stays ours. */
export async function flush(
  context: Pick<ActorContext, 'log'>,
  driver: Driver,
  ownership: Ownership,
  isOurs: (key: ServiceKey) => boolean,
): Promise<void> {
  try {
    const ours = [...(await driver.read()).values()].filter((entry) => isOurs(entry.service.key));
    const results = await driver.apply(ours.map(({ service }): Change => ({ kind: 'remove-service', service })));
    for (const [index, { service }] of ours.entries()) {
      const result = results[index];
      if (result?.ok === true) ownership.delete(service.key);
      else context.log.error({ service: service.key }, `left behind: ${result?.message ?? 'no result'}`);
    }
  } catch (error) {
    context.log.error({ driver: driver.kind }, `the table could not be flushed: ${String(error)}`);
  }
}
