import { filledSection } from '../../section.js';
import { vrrpRules } from './rules.js';
import { vrrpSchema } from './schema.js';
import { filledTracking, withKind } from './tracking.js';
import { filledVmac } from './vmac-rules.js';

export const vrrp = filledSection(
  vrrpSchema,
  ({ instances, sync_groups, ...own }) => ({
    ...own,
    ...filledTracking(own),
    instances: instances.map((instance) => ({
      ...instance,
      version: instance.version ?? own.version,
      vmac: filledVmac(instance),
      track: instance.track.map(withKind(own.files)),
    })),
    sync_groups: sync_groups.map((group) => ({ ...group, track: group.track.map(withKind(own.files)) })),
  }),
  vrrpRules,
);
