/** Two threads wait for each advert: on the wire that is to be seen by nobody. */
import type { MetricSample } from '../../../src/model/observing/state-item.js';
import { needsSerial } from '../../support/needs.js';
import { capture, type SeenAdvert } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

/** One after the other: intervals are short, and each node has two threads that keep time. */
const check = needsSerial('root', 'ip', 'tcpdump', 'tshark', 'two processors');
const INTERVAL_MS = 20;
const vip = '10.77.0.100/24';
const init = (priority: number) => ({ instances: [{ intervalMs: INTERVAL_MS, vips: [vip], priority }] });

/** The metric's `thread` and how many. */
async function hedged(node: VrrpNode): Promise<Readonly<Record<string, number>>> {
  const from = node.mark;
  node.command('metrics');
  const { value } = await node.until(({ what }) => what === 'metrics', from);
  const counts = (value as readonly MetricSample[]).flatMap((sample) =>
    sample.type === 'counter' && sample.name === 'fulcrum_vrrp_adverts_hedged_total'
      ? [[sample.labels['thread'] ?? '', sample.value] as const]
      : [],
  );
  return Object.fromEntries(counts);
}

const of = (adverts: readonly SeenAdvert[], node: VrrpNode) =>
  adverts.filter(({ from }) => from === `10.77.0.${node.host.number}`);

check('two threads wait for each advert, one sends it, and a master that stops says so last', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  t.regex(
    (await a.view(({ realtime }) => !realtime.includes('not ready'))).realtime,
    /adverts hedged by SCHED_FIFO 41/,
  );
  const { sent } = (await a.view()).adverts;
  await using wire = await capture(lan);
  await a.view(({ adverts }) => adverts.sent > sent + 500);
  const { second = 0, first = 0 } = await hedged(a);
  await a.stop();
  await b.becomes('master');
  const { adverts, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
  t.true(first > 0 && second > 0, `${first} by the first, ${second} by the second`);

  const seen = of(adverts, a);
  // A second advert of a deadline would put all later ones ahead of the grid; one that is late is behind it for itself alone.
  const ahead = seen
    .slice(0, -1)
    .map(({ at }, index) => index - Math.floor((at * 1000) / INTERVAL_MS - offset(seen) + EARLY));
  t.true(Math.max(...ahead.slice(-SOME)) <= Math.max(...ahead.slice(0, SOME)), 'no deadline has two adverts');
  const last = seen.at(-1);
  t.is(last?.priority, 0);
  t.is(seen.filter(({ priority }) => priority === 0).length, 1);
  t.true(of(adverts, b).length > 0);
});

/** Of an interval: what the capture's clock and half of all adverts may be before the grid that they make. */
const EARLY = 0.25;
/** So many adverts in a row are not all late. */
const SOME = 100;

/** Where the grid of these adverts lies, in intervals. */
function offset(seen: readonly SeenAdvert[]): number {
  const places = seen.map(({ at }) => ((at * 1000) / INTERVAL_MS) % 1).sort((a, b) => a - b);
  return places[Math.floor(places.length / 2)] ?? 0;
}

check('of a VRRP thread that stands still one armed advert leaves at most, and the peer takes over', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  await a.view(({ realtime }) => realtime.includes('hedged by'));
  await using wire = await capture(lan);
  await a.view();
  a.command('freeze');
  const { value } = await a.until(({ what }) => what === 'frozen');
  await b.becomes('master');
  await b.view();
  const { adverts } = await wire.stop();
  // It freezes soon after an advert, and says so in whole milliseconds: that one is not meant.
  const after = of(adverts, a).filter(({ at }) => at * 1000 > Number(value) + 1);
  t.true(of(adverts, a).length > after.length);
  t.true(after.length <= 1, `the armed one alone, not ${after.length}: the second thread goes on no more by itself`);
});

check('without hedging one thread sends alone, and says so', async (t) => {
  await using lan = await createLan(1);
  await using a = await VrrpNode.start(lan.host(1), { ...init(200), hedge: 'off' });
  await a.becomes('master');
  const { realtime } = await a.view(({ adverts }) => adverts.sent > 100);
  t.regex(realtime, /adverts not hedged: off by configuration/);
  const { first, second, alone = 0 } = await hedged(a);
  t.deepEqual({ first, second }, { first: 0, second: 0 });
  t.true(alone > 0);
});
