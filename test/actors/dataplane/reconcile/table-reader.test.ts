import test from 'ava';
import { withNewer } from '../../../../src/actors/dataplane/reconcile/table-reader.js';
import { applyChange } from '../../../../src/model/dataplane/change.js';
import { byAddress, desired, dest, tableOf } from '../../../support/fixtures/table.js';

test('what a driver hands over stays its own, whatever is written to what is known', (t) => {
  const match = byAddress('192.0.2.1', 80);
  const theirs = tableOf(desired('web', match, [dest('10.0.0.1', 80), dest('10.0.0.2', 80)]));
  const known = withNewer({ table: theirs, written: new Set(), reason: 'start' }, null);
  t.deepEqual(known, theirs);
  for (const { service, destinations } of theirs.values()) {
    for (const destination of [...destinations.values()]) {
      t.is(applyChange(known, { kind: 'remove-destination', service, destination }), null);
    }
    t.is(destinations.size, 2);
    t.is(known.get(service.key)?.destinations.size, 0);
  }
});
