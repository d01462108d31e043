import test from 'ava';
import { weightByChecks } from '../../../src/machines/health/checked-weight.js';

test('checks that say nothing leave the weight as it is', (t) => {
  t.is(weightByChecks(3, []), null);
});

test('one that sets it decides, whatever is configured; one that adds is added', (t) => {
  t.is(weightByChecks(3, [{ kind: 'set', weight: 10 }]), 10);
  t.is(weightByChecks(3, [{ kind: 'add', weight: 10 }]), 13);
  t.is(weightByChecks(3, [{ kind: 'add', weight: 0 }]), 3);
});

test('several add up, each by what it changes, as in keepalived', (t) => {
  t.is(
    weightByChecks(3, [
      { kind: 'set', weight: 10 },
      { kind: 'set', weight: 1 },
      { kind: 'add', weight: -4 },
    ]),
    3 + 7 - 2 - 4,
  );
});

test('it stays within what IPVS takes', (t) => {
  t.is(weightByChecks(3, [{ kind: 'add', weight: -2147483647 }]), 0);
  t.is(weightByChecks(3, [{ kind: 'add', weight: 2147483647 }]), 65_535);
});
