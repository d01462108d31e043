import test from 'ava';
import { driverWord } from '../../src/config/sections/dataplane.js';
import { chooseDriver, type Drivers, driverKind, loadDriver } from '../../src/dataplane/choose.js';
import type { DriverDescriptor, DriverModule, Probe } from '../../src/dataplane/descriptor.js';
import type { OpenDriver } from '../../src/dataplane/driver.js';
import { openDryRun } from '../../src/dataplane/drivers/dry-run/driver.js';
import { candidatesFor, drivers } from '../../src/dataplane/drivers.js';
import { driverContext } from '../support/rigs/driver-context.js';

const works: Probe = { ok: true, why: 'found' };
const isMissing: Probe = { ok: false, why: 'no module' };
const refuses: OpenDriver = async () => {
  throw new Error('EPERM');
};

type Fake = DriverDescriptor & { readonly module: DriverModule };
const named = (kind: string, priority: number | null, probe: Probe, open?: OpenDriver): Fake => ({
  kind,
  title: kind.toUpperCase(),
  priority,
  relays: false,
  synchronises: false,
  shortcomings: () => [],
  module: {
    probeDriver: async () => probe,
    openDriver: open ?? (async (context) => ({ ...(await openDryRun(context)), kind })),
  },
});
const known = (...fakes: readonly Fake[]): Drivers => ({
  known: fakes,
  load: async (kind) => fakes.find((one) => one.kind === kind)?.module ?? loadDriver(kind),
  custom: null,
});

const choose = async (configured: string, ...fakes: readonly Fake[]) => {
  const { driver, why } = await chooseDriver(configured, known(...fakes), driverContext());
  return `${driver.kind}: ${why}`;
};

test('auto takes the driver of the highest priority that works here, and says why', async (t) => {
  const [low, high, byName] = [named('low', 1, works), named('high', 9, works), named('by-name', null, works)];
  t.is(await choose('auto', low, high, byName), 'high: auto: HIGH works here: found');
  t.is(
    await choose('auto', low, named('high', 9, works, refuses), named('middle', 5, isMissing)),
    'low: auto: LOW, for HIGH does not work here: EPERM; MIDDLE does not work here: no module',
  );
  t.is(await choose('by-name', low, high, byName), 'by-name: configured');
});

test('the last that auto may take, and one that is configured, tell themselves why they cannot work', async (t) => {
  await t.throwsAsync(choose('auto', named('high', 9, isMissing), named('low', 1, works, refuses)), {
    message: 'EPERM',
  });
  await t.throwsAsync(choose('one', named('one', 1, isMissing, refuses)), { message: 'EPERM' });
  await t.throwsAsync(choose('other', named('one', 1, works)), { message: "there is no data-plane driver 'other'" });
});

test('what a setting comes to is told without opening anything; an app’s own driver goes before it', async (t) => {
  const fakes = known(named('high', 9, isMissing), named('low', 1, works, refuses));
  t.is(await driverKind('auto', fakes), 'low');
  t.is(await driverKind('high', fakes), 'high');
  t.is(await driverKind('auto', { ...fakes, custom: openDryRun }), 'custom');
});

test('IPVS goes before the embedded proxy, and the dry run is never taken unasked', (t) => {
  t.deepEqual(
    candidatesFor('auto').map(({ kind }) => kind),
    ['ipvs', 'proxy'],
  );
});

test('a driver that is registered is a word of the configuration', (t) => {
  const word = driverWord([...drivers, named('xdp', 200, works)]);
  t.is(word.parse('xdp'), 'xdp');
  t.throws(() => driverWord(drivers).parse('xdp'), { message: /one of auto, ipvs, proxy, dry-run/ });
  t.is(candidatesFor('auto', [...drivers, named('xdp', 200, works)])[0]?.kind, 'xdp');
});

test('a driver is called what its descriptor says', async (t) => {
  for (const { kind } of drivers.filter((one) => one.kind !== 'ipvs')) {
    const driver = await (await loadDriver(kind)).openDriver(driverContext());
    t.is(driver.kind, kind);
    await driver.close('flush');
  }
});
