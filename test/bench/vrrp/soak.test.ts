import test from 'ava';
import { resultOf } from '../../../bench/vrrp/soak.js';

/** A letter for each 10 ms: the master, the backup, or nobody. */
function heard(text: string) {
  const start = 1_800_000_000_000_000_000n;
  const packets = [...text].flatMap((who, index) =>
    who === '.' ? [] : [{ atNs: start + BigInt(index) * 10_000_000n, master: who === 'm' }],
  );
  return { packets, endNs: start + BigInt(text.length) * 10_000_000n };
}
const options = { minutes: 1, intervalMs: 10 };
const result = (text: string) => {
  const { packets, endNs } = heard(text);
  return resultOf(packets, options, endNs);
};

test('a master that speaks until it is killed, and a backup that then takes over', (t) => {
  t.like(result('mmmmmmmm...bbbb'), { adverts: 8, falseFailovers: 0, lost: 0, longestGapMs: 10, tookOver: true });
});

test('adverts that are left out are lost, and are gaps', (t) => {
  t.like(result('mmm.mm..mm...b'), { adverts: 7, falseFailovers: 0, lost: 3, longestGapMs: 30 });
});

test('a backup that speaks between the master’s adverts failed over, once however long it speaks', (t) => {
  t.like(result('mmmm....bbbmmmm...b'), { falseFailovers: 1, lost: 7, tookOver: true });
  t.like(result('mm.b.mm.bb.mm'), { falseFailovers: 2, tookOver: false });
});

test('a master that fell silent by itself is no result', (t) => {
  t.throws(() => result(`mmmm${'b'.repeat(600)}`), { message: /the master fell silent 6\.01 s before the end/ });
});
