import test from 'ava';
import fc from 'fast-check';
import {
  inParts,
  inTurns,
  listText,
  objectText,
  serviceText,
  statusParts,
} from '../../../src/actors/gateway/json-parts.js';

const whole = async (parts: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const part of parts) text += part;
  return text;
};

/** The turns that somebody else has. */
function countTurns() {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  return {
    stop: () => {
      clearImmediate(counting);
      return turns;
    },
  };
}

test('the parts put together are the JSON of the whole', async (t) => {
  const service = fc.record({
    name: fc.string(),
    backends: fc.array(fc.record({ name: fc.string(), weight: fc.nat() })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(service), fc.record({ node: fc.string() }), async (services, own) => {
      t.is(await whole(inParts(listText(services))), `${JSON.stringify(services)}\n`);
      t.is(await whole(inParts(listText(services, serviceText))), `${JSON.stringify(services)}\n`);
      t.is(
        await whole(inParts(objectText(own, 'list', listText(services)))),
        `${JSON.stringify({ ...own, list: services })}\n`,
      );
      t.deepEqual(JSON.parse(await whole(statusParts({ ...own, services }, null))), { ...own, services });
    }),
  );
});

test('a long list comes in many parts, others have their turn between them, and an item is made when its turn comes', async (t) => {
  let made = 0;
  function* items() {
    for (; made < 20_000; made += 1) yield { name: `b${made}`, why: 'x'.repeat(50) };
  }
  const others = countTurns();
  const madeAtParts: number[] = [];
  for await (const part of inParts(listText(items()))) {
    t.true(part.length < 100_000);
    madeAtParts.push(made);
  }
  const turns = others.stop();
  t.true(madeAtParts.length > 10);
  t.true((madeAtParts[0] ?? 0) < 2_000);
  t.true(turns >= madeAtParts.length - 1, `${turns} turns for ${madeAtParts.length} parts`);
});

test('many steps are done in several turns', async (t) => {
  function* steps(): Generator<undefined, string> {
    for (let count = 0; count < 10_000; count += 1) yield;
    return 'done';
  }
  const others = countTurns();
  t.is(await inTurns(steps()), 'done');
  t.true(others.stop() >= 4);
});
