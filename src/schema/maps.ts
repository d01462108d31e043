/** Maps and lists of a document. */
import { z } from 'zod';
import { MAX_COUNTED_ISSUES } from './limits.js';
import { say } from './messages.js';

/** A map with exactly these keys. */
export const map = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, { error: say('a map', 'keys with values are expected') });

/** A list; `what` is what it lists. */
export const list = <Item extends z.ZodType>(item: Item, what: string) =>
  untilEnoughIssues(z.array(item, { error: say(`a list of ${what}`, 'write [ ... ], or one line with a - for each') }));

/** The same list, whose items are looked at one after the other until so many are wrong that no more need be known. */
const untilEnoughIssues = <List extends z.ZodArray>(schema: List): List => {
  const { run } = schema._zod;
  schema._zod.run = (payload, context) => {
    const { value: items } = payload;
    if (!Array.isArray(items)) return run(payload, context);
    const read: unknown[] = [];
    for (const [index, item] of items.entries()) {
      const one = run({ value: [item], issues: [] }, context);
      // No schema of a configuration waits for anything.
      if (one instanceof Promise) return run(payload, context);
      for (const issue of one.issues) payload.issues.push({ ...issue, path: [index, ...(issue.path ?? []).slice(1)] });
      if (payload.issues.length >= MAX_COUNTED_ISSUES) break;
      if (Array.isArray(one.value)) read.push(...one.value);
    }
    payload.value = read;
    return payload;
  };
  return schema;
};
