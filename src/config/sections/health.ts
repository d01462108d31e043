import { z } from 'zod';
import { checkers } from '../../checks/index.js';
import { NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { url } from '../../schema/addresses.js';
import { bool, duration, name } from '../../schema/leaves.js';
import type { ModelOf } from '../../schema/mapping.js';
import { list, map } from '../../schema/maps.js';
import { type Subject, Unique } from '../../schema/report.js';
import type { Draft } from '../../schema/walk.js';
import { plainSection } from '../section.js';

type HealthDocument = z.output<typeof schema>;
export type HealthConfig = ModelOf<HealthDocument>;

/** A component is probed as the check of its name. */
const component = <const Type extends 'postgres' | 'redis' | 'qdrant'>(type: Type) =>
  map({
    name: name('a name of a component').describe('Its name in /health/ready and in metrics; unique'),
    critical: bool().default(true).describe('Makes the whole unhealthy, not just degraded'),
    type: z.literal(type).describe('What it is'),
    url: url(Object.keys(checkers[type].target.schemes)).describe('Where it is, with credentials'),
  });

const schema = map({
  timeout: duration({ min: ns(NS_PER_MS), max: ns(60 * NS_PER_S) })
    .prefault('2s')
    .describe('Limit for each component'),
  components: list(
    z.discriminatedUnion('type', [component('postgres'), component('redis'), component('qdrant')], {
      error: () => 'a component is a map with a type: one of postgres, redis, qdrant',
    }),
    'components',
  )
    .prefault([])
    .describe('Components behind /health'),
});

export const health = plainSection(
  schema.prefault({}).describe("The aggregated health of a service's own components"),
  ({ document }: Subject<{ readonly health?: Draft<HealthDocument> | undefined }>, report) => {
    const names = new Unique(report);
    document.health?.components?.forEach((component, index) => {
      const path = ['health', 'components', index, 'name'];
      names.add(component?.name, path, (first) => `the name '${component?.name}' is taken by ${first}`);
    });
  },
);
