import { createLan } from '../support/lan.js';
import { needs } from '../support/needs.js';
import { capture } from '../support/vrrp-capture.js';
import type { InstanceInit } from '../support/vrrp-config.js';
import { VrrpNode } from '../support/vrrp-node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft');
const vips = ['10.77.0.100/24'];
const init = (priority: number, over: InstanceInit = {}) => ({
  instances: [{ intervalMs: 100, vips, priority, ...over }],
});

check('three nodes elect the best, which speaks on time; a stop hands over, and every packet is right', async (t) => {
  await using lan = await createLan(3);
  const wire = await capture(lan);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await using c = await VrrpNode.start(lan.host(3), init(100));
  t.regex(await a.becomes('master'), /no advert within the master down interval of 321.9 ms/);
  await a.view((view) => view.adverts.sent >= 10);
  t.deepEqual((await a.host.addresses()).includes('10.77.0.100/24'), true);

  await a.stop();
  t.regex(await b.becomes('master'), /no advert within/);
  t.false((await a.host.addresses()).includes('10.77.0.100/24'));
  await b.view((view) => view.adverts.sent >= 5);
  t.true((await b.host.addresses()).includes('10.77.0.100/24'));
  t.deepEqual(c.states(), ['backup']);
  await b.stop();
  await c.becomes('master');

  const { adverts, announcements, complaints } = await wire.stop();
  t.deepEqual(complaints, []);
  t.true(adverts.every(({ hopLimit, to }) => hopLimit === 255 && to === '224.0.0.18'));
  t.true(adverts.every(({ addresses }) => addresses.join() === '10.77.0.100'));
  const resigned = adverts.filter(({ priority }) => priority === 0);
  t.deepEqual(
    resigned.map(({ from }) => from),
    ['10.77.0.1', '10.77.0.2'],
  );
  // RFC 9568 section 6.4.2: after a resignation the next one waits its skew of the master's interval.
  const next = adverts.find(({ at }) => at > (resigned[0]?.at ?? 0));
  t.is(next?.from, '10.77.0.2');
  t.true((next?.at ?? 0) - (resigned[0]?.at ?? 0) >= ((256 - 150) / 256) * 0.1 - 0.001);
  // Five at each take-over, from the new master's own hardware address.
  const first = announcements.filter(({ hardware }) => hardware === '02:77:00:00:00:01');
  t.is(first.length, 5);
  t.true(first.every(({ address }) => address === '10.77.0.100'));
});
