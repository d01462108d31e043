import type { Kit } from '../../schema/kit.js';
import { type CheckerDescriptor, type CheckOf, urlOptions } from '../probing/descriptor.js';

export type QdrantCheck = CheckOf<'qdrant', typeof options>;

const schemes = { http: false, https: true };
const options = (kit: Kit) => urlOptions(kit, schemes);

export const qdrant = { options, target: { defaultPort: 6333, schemes, url: 'whole' } } satisfies CheckerDescriptor;
