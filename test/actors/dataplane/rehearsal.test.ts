import test from 'ava';
import { rehearse } from '../../../src/actors/dataplane/rehearsal.js';
import { configWith } from '../../support/config-fixture.js';

test('a rehearsal writes to no table but its own, and leaves no timer', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await rehearse(configWith());
  t.is(timers(), before);
});
