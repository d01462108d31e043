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
  return resultOf(packets, [], options, endNs);
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

test('a backup’s last word to the master that came back is not one more failover', (t) => {
  const { packets, endNs } = heard('mmmm....bbbmmmm');
  const back = packets.findLastIndex(({ master }) => !master) + 1;
  const lastWord = { atNs: (packets[back]?.atNs ?? 0n) + 400_000n, master: false };
  const all = [...packets.slice(0, back + 1), lastWord, ...packets.slice(back + 1)];
  t.like(resultOf(all, [], options, endNs), { falseFailovers: 1 });
});

test('a failover is the machine’s own where the silence was a processor’s', (t) => {
  const { packets, endNs } = heard('mmmm.....bbmmmm.....bbmmm...b');
  const at = (slot: number) => 1_800_000_000_000_000_000n + BigInt(slot) * 10_000_000n;
  const still = { fromNs: at(4), toNs: at(8) };
  t.like(resultOf(packets, [still], options, endNs), {
    falseFailovers: 2,
    falseByStandstill: 1,
    standstills: 1,
    longestStandstillMs: 40,
  });
  // Standing still before and after is no excuse.
  const elsewhere = { fromNs: at(0), toNs: at(3) };
  t.like(resultOf(packets, [elsewhere], options, endNs), { falseFailovers: 2, falseByStandstill: 0 });
});

test('a master that fell silent by itself is no result', (t) => {
  t.throws(() => result(`mmmm${'b'.repeat(600)}`), { message: /the master fell silent 6\.01 s before the end/ });
});
