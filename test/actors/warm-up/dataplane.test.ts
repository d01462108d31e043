import test from 'ava';
import { rehearse } from '../../../src/actors/warm-up/dataplane.js';
import { configWith } from '../../support/fixtures/config.js';

test('a rehearsal writes to no table but its own, and leaves no timer', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await rehearse(configWith());
  t.is(timers(), before);
});
