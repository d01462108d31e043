/** The dry run beside IPVS: what one would refuse, the other refuses. */
import test from 'ava';
import type { Driver } from '../../../../src/dataplane/driver.js';
import { openDryRun } from '../../../../src/dataplane/drivers/dry-run/driver.js';
import { acceptIpvs } from '../../../../src/dataplane/drivers/ipvs/accept.js';
import type { DesiredService } from '../../../../src/model/dataplane/desired-service.js';
import { entryOf } from '../../../../src/model/dataplane/table.js';
import { ns } from '../../../../src/model/units.js';
import { ipvsSchedulers } from '../../../../src/wire/ipvs/types.js';
import { byAddress, byMark, desired, dest } from '../../../support/fixtures/table.js';
import { driverContext } from '../../../support/rigs/driver-context.js';

const web = byAddress('10.0.0.1', 80);
const refusal = (driver: Driver, service: DesiredService): string | null => {
  const answer = driver.accept(entryOf(service));
  return answer.kind === 'refused' ? answer.reason : null;
};

test('each scheduler of IPVS is accepted, and no other name', async (t) => {
  const driver = await openDryRun(driverContext());
  for (const scheduler of ipvsSchedulers) t.is(refusal(driver, desired('a', web, [], { scheduler })), null, scheduler);
  for (const scheduler of ['wrrr', 'RR', 'maglev']) {
    const reason = refusal(driver, desired('a', web, [], { scheduler }));
    t.is(reason, `IPVS has no scheduler ${scheduler}, only ${ipvsSchedulers.join(' ')}`);
  }
});

test('what IPVS cannot hold is refused in its words, and the rest is held as IPVS holds it', async (t) => {
  const driver = await openDryRun(driverContext());
  for (const service of [
    desired('a', web, [], { scheduler: 'a b' }),
    desired('a', web, [], { scheduler: 'rr', schedulerFlags: ['mh-port'] }),
    desired('a', web, [], { onePacket: true }),
    desired('a', web, [dest('10.0.0.11', 80, { maxConnections: 2 ** 31 })]),
    desired('a', byMark(1, 'ipv6'), [dest('10.0.0.1', 80)]),
  ]) {
    t.not(refusal(driver, service), null);
    t.deepEqual(driver.accept(entryOf(service)), acceptIpvs(entryOf(service)));
  }
  const answer = driver.accept(entryOf(desired('a', web, [], { persistenceNs: ns(1.5e9) })));
  t.is(answer.kind === 'accepted' ? answer.entry.service.persistenceNs : null, ns(2e9));
});
