import type { Kit } from '../../schema/kit.js';
import type { CheckOf } from '../probing/descriptor.js';

/** A check of the app that embeds Fulcrum, by the name under which it registered it. It has no target of its own. */
export type CustomCheck = CheckOf<'custom', typeof options>;

const options = ({ name }: Kit) => ({
  name: name('the name of a check').meta({
    description: 'The check that the embedding app registered under this name',
    examples: ['licence'],
  }),
});

export const custom = { options };
