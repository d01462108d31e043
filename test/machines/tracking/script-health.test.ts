import test from 'ava';
import { initialHealth, stepScript } from '../../../src/machines/tracking/script-health.js';

/** What is told after each run, for every series of so many runs: written down once more, run by run. */
function expected(initially: 'unknown' | 'good' | 'bad', runs: readonly boolean[], rise: number, fall: number) {
  let state = initially;
  let row = 0;
  let last: boolean | null = null;
  return runs.map((good) => {
    row = good === last ? row + 1 : 1;
    last = good;
    if (state === 'unknown' || (good ? row >= rise : row >= fall)) state = good ? 'good' : 'bad';
    return (state === 'good') === good ? good : null;
  });
}

test('every series of six runs, for every rise, fall and beginning: only what the last run agrees with is told', (t) => {
  for (const initially of ['unknown', 'good', 'bad'] as const)
    for (const rise of [1, 2, 3])
      for (const fall of [1, 2, 3])
        for (let bits = 0; bits < 64; bits += 1) {
          const runs = Array.from({ length: 6 }, (_, index) => ((bits >> index) & 1) === 1);
          let health = initialHealth(initially);
          const told = runs.map((good) => {
            const step = stepScript(health, good, { rise, fall });
            health = step.health;
            return step.up;
          });
          t.deepEqual(told, expected(initially, runs, rise, fall), JSON.stringify({ initially, rise, fall, runs }));
        }
});

test('the first result decides where nothing was said; else rise and fall count from the beginning', (t) => {
  const policy = { rise: 3, fall: 2 };
  t.is(stepScript(initialHealth('unknown'), true, policy).up, true);
  t.is(stepScript(initialHealth('unknown'), false, policy).up, false);
  t.is(stepScript(initialHealth('bad'), true, policy).up, null);
  t.is(stepScript(initialHealth('good'), false, policy).up, null);
});
