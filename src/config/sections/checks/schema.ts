import { z } from 'zod';
import { custom } from '../../../checks/custom/index.js';
import { checkers } from '../../../checks/index.js';
import { checkCommon } from '../../../schema/check-options.js';
import { kit } from '../../../schema/kit.js';
import { name } from '../../../schema/leaves.js';
import { map } from '../../../schema/maps.js';
import { say, show } from '../../../schema/messages.js';

/** Every type of check: what the checkers say of themselves. */
const types = { ...checkers, custom };
type Types = typeof types;

type Shape<Type extends keyof Types> = { readonly type: z.ZodLiteral<Type> } & typeof checkCommon &
  ReturnType<Types[Type]['options']>;
type CheckSchema = { [Type in keyof Types]: z.ZodObject<Shape<Type>, z.core.$strict> }[keyof Types];

// A list of objects cannot tell the compiler which is which.
const schemas = Object.entries(types).map(([type, { options }]) =>
  map({ type: z.literal(type).describe('The kind of probe'), ...checkCommon, ...options(kit) }),
) as unknown as [CheckSchema, ...CheckSchema[]];

const anyCheck = z.discriminatedUnion('type', schemas, {
  error: ({ input }) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return `${show(input)} is not a check: a map with the key type is expected`;
    }
    const found: unknown = Reflect.get(input, 'type');
    const prefix = found === undefined ? 'missing: a check needs a type' : `${show(found)} is not a type of check`;
    return `${prefix}: one of ${Object.keys(types).join(', ')}`;
  },
});
/** Its id makes it one definition in the JSON Schema. */
export const check = anyCheck.meta({ id: 'check', description: 'One kind of probe with its options' });
export type CheckDocument = z.output<typeof check>;

/** An entry of a `checks` list: the name of one under `checks:`, or a check written in place. */
export const checkEntry = z.union([name('a name of a check'), check], {
  error: say('a check', 'the name of one under checks:, or a map such as { type: tcp } is allowed'),
});

/** The types of check that have an option. */
export const checkTypesWith = (option: string): readonly string[] =>
  check.options.flatMap(({ shape }) => (Object.hasOwn(shape, option) ? [...shape.type.values] : []));
