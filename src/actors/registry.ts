/** Finds actors by their kind. */
import type { MetricDefinition } from '../model/observing/metrics.js';
import type { ActorFactory } from '../workers/actor.js';
import { metrics as threadMetrics } from '../workers/host/host.js';
import * as all from './all.js';
import type { Descriptor } from './descriptor.js';
import { metrics as supervisorMetrics } from './supervisor/metrics.js';

export const descriptors: readonly Descriptor[] = Object.values(all);

/** All that is counted in any thread. */
export const metricsOf = (actors: readonly Descriptor[]): readonly MetricDefinition[] =>
  [...actors.map(({ metrics }) => metrics ?? {}), supervisorMetrics, threadMetrics].flatMap(
    (table: NonNullable<Descriptor['metrics']>) => Object.values(table),
  );

function descriptorOf(kind: string, among: readonly Descriptor[]): Descriptor {
  const found = among.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`there is no actor of the kind '${kind}'`);
  return found;
}
export const loadActor = (kind: string, among = descriptors): Promise<ActorFactory> =>
  descriptorOf(kind, among).create(metricsOf(among));

/** Everything that an actor of this kind may need, so that it is there when one starts. */
export async function loadAhead(kind: string): Promise<void> {
  await loadActor(kind);
  await descriptorOf(kind, descriptors).loadReader?.();
}
