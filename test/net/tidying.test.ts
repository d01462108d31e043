import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { Tidying } from '../../src/net/tidying.js';

/** How often the work had the young generation collected. */
async function collectionsBy(work: () => void): Promise<number> {
  let minor = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as typeof entry & { readonly detail: { readonly kind: number } }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) minor += 1;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  work();
  await turn();
  await turn();
  observer.disconnect();
  return minor;
}

test.serial('asked to collect, it has the young generation collected, once and no more', async (t) => {
  const tidying = new Tidying();
  t.is(await collectionsBy(() => tidying.collect()), 1);
});

test.serial('where little has gathered nothing is collected, where much has it is', async (t) => {
  const tidying = new Tidying();
  tidying.collect();
  t.is(await collectionsBy(() => tidying.tidy()), 0);
  const collections = await collectionsBy(() => {
    for (let count = 0; count < 120; count += 1) new Array(800).fill(count);
    tidying.tidy();
  });
  t.true(collections >= 1, 'three quarters of a megabyte of garbage');
});
