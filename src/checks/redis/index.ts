import type { Kit } from '../../schema/kit.js';
import { type CheckerDescriptor, type CheckOf, urlOptions } from '../probing/descriptor.js';

export type RedisCheck = CheckOf<'redis', typeof options>;

const schemes = { redis: false, rediss: true };
const options = (kit: Kit) => urlOptions(kit, schemes);

export const redis = { options, target: { defaultPort: 6379, schemes, url: 'whole' } } satisfies CheckerDescriptor;
