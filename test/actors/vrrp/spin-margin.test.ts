import test from 'ava';
import { SpinMargin } from '../../../src/actors/vrrp/spin-margin.js';

const limits = { leastNs: 300_000, mostNs: 2_000_000 };

function fireFor(margin: SpinMargin, fromNs: number, forNs: number, everyNs: number): void {
  for (let nowNs = fromNs; nowNs <= fromNs + forNs; nowNs += everyNs) margin.fired(nowNs);
}

test('nothing is known at first, so the margin covers what a bad kernel does', (t) => {
  t.true(new SpinMargin(limits).ns >= 1_000_000);
});

test('it covers the worst wake-up that was seen, and no more than its limit after a pause of the machine', (t) => {
  const margin = new SpinMargin(limits);
  margin.woke(1_400_000);
  t.true(margin.ns >= 1_400_000);
  margin.woke(30e9);
  t.is(margin.ns, limits.mostNs);
  fireFor(margin, 0, 3600e9, 50e6);
  t.is(margin.ns, limits.leastNs, 'and the pause is forgotten');
});

test('where the kernel is punctual it shrinks to the least, slowly', (t) => {
  const margin = new SpinMargin(limits);
  fireFor(margin, 0, 60e9, 1e9);
  t.true(margin.ns > 1_000_000, 'a minute says little');
  fireFor(margin, 61e9, 3600e9, 1e9);
  t.is(margin.ns, limits.leastNs);
});

test('deadlines that are close leave it a small part of the processor', (t) => {
  const margin = new SpinMargin(limits);
  fireFor(margin, 0, 2e9, 10e6);
  t.true(margin.ns <= 0.1 * 10e6);
  fireFor(margin, 3e9, 2e9, 2e6);
  t.is(margin.ns, limits.leastNs);
});

test('an ordinary thread, which may lose the processor for it, spins no longer', (t) => {
  const margin = new SpinMargin({ leastNs: 80_000, mostNs: 80_000 });
  margin.woke(5e6);
  t.is(margin.ns, 80_000);
});
