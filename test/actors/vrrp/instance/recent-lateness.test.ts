import test from 'ava';
import { RecentLateness } from '../../../../src/actors/vrrp/instance/recent-lateness.js';

const minute = 60e9;

test('a lateness counts for the last hour, and no longer', (t) => {
  const recent = new RecentLateness();
  recent.add(5e6, 1000 * minute);
  recent.add(1e3, 1010 * minute);
  t.is(recent.at(1010 * minute).maxNs, 5e6);
  t.is(recent.at(1010 * minute).total, 2);
  t.is(recent.at(1054 * minute).maxNs, 5e6);
  t.is(recent.at(1060 * minute).maxNs, 1e3);
  t.is(recent.at(1060 * minute).total, 1);
  // Without an advert in between, as on a backup.
  t.is(recent.at(2000 * minute).total, 0);
  t.is(recent.at(2000 * minute).maxNs, 0);
});

test('percentiles are those of all of the hour together', (t) => {
  const recent = new RecentLateness();
  for (let index = 0; index < 50; index += 1) recent.add((index + 1) * 1e3, index * minute);
  const hour = recent.at(50 * minute);
  t.is(hour.total, 50);
  const median = hour.percentileNs(0.5);
  t.true(median >= 25e3 && median <= 25e3 * (1 + 1 / 16) + 1, `${median}`);
});

test('what is an hour old makes room: ten hours of adverts are told as one', (t) => {
  const recent = new RecentLateness();
  for (let index = 0; index < 600; index += 1) recent.add(index * 1e3, index * minute);
  const { total, maxNs } = recent.at(599 * minute);
  t.true(total > 50 && total <= 60, `${total}`);
  t.is(maxNs, 599e3);
});
