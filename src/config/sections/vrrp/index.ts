import { filledSection } from '../../section.js';
import { vrrpRules } from './rules.js';
import { vrrpSchema } from './schema.js';

export const vrrp = filledSection(
  vrrpSchema,
  ({ instances, ...own }) => ({
    ...own,
    instances: instances.map((instance) => ({
      ...instance,
      version: instance.version ?? own.version,
      track: instance.track.map((entry) =>
        'interface' in entry ? ({ kind: 'interface', ...entry } as const) : ({ kind: 'service', ...entry } as const),
      ),
    })),
  }),
  vrrpRules,
);
