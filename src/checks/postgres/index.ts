import type { Kit } from '../../schema/kit.js';
import { type CheckerDescriptor, type CheckOf, urlOptions } from '../probing/descriptor.js';

export type PostgresCheck = CheckOf<'postgres', typeof options>;

const schemes = { postgres: false, postgresql: false };
const options = (kit: Kit) => urlOptions(kit, schemes);

export const postgres = { options, target: { defaultPort: 5432, schemes, url: 'whole' } } satisfies CheckerDescriptor;
