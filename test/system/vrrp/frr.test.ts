import { needs } from '../../support/needs.js';
import { Frr, VRRPD } from '../../support/peers/frr.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft', 'ping', VRRPD);
const vip = '10.77.0.100/24';
const intervalMs = 100;
const init = (priority: number) => ({ instances: [{ priority, intervalMs, preempt: true, vips: [vip] }] });

// Unlike Fulcrum and keepalived, FRR has the virtual MAC address.
check('takes turns with FRR, which has the virtual MAC address', async (t) => {
  await using lan = await createLan(3);
  const [one, two] = [lan.host(1), lan.host(2)];
  // One answer is enough: the first packet may be lost while the switch learns.
  const isServed = () => lan.host(3).run('ping', '-q', '-c', '3', '-i', '0.2', '-W', '1', '10.77.0.100');
  await using wire = await capture(lan);
  await using peer = await Frr.start(two, { priority: 150, intervalMs, vip });
  await peer.becomes('Master');
  await isServed();

  // Fulcrum, better, takes over; FRR yields.
  let mark = peer.mark;
  await using best = await VrrpNode.start(one, init(200));
  await best.becomes('master');
  await peer.becomes('Backup', mark);
  const view = await best.view((seen) => seen.adverts.sent >= 5);
  t.is(view.peer?.address, two.address);
  t.is(view.peer?.priority, 150);
  t.is(view.peer?.interval_ms, intervalMs);
  t.true((await one.addresses()).includes(vip));
  await isServed();

  // Fulcrum stops: FRR is told, and takes over.
  mark = peer.mark;
  await best.stop();
  await peer.becomes('Master', mark);
  t.false((await one.addresses()).includes(vip));
  await isServed();

  // Fulcrum, worse, hears a master and leaves it alone, until that stops.
  await using worse = await VrrpNode.start(one, init(100));
  await worse.view((seen) => seen.adverts.received >= 10);
  t.deepEqual(worse.states(), ['backup']);
  mark = worse.mark;
  await peer.stop();
  await worse.becomes('master', mark);
  t.true((await one.addresses()).includes(vip));
  await isServed();

  const { adverts, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
  t.true(adverts.some(({ from, priority }) => from === two.address && priority === 0));
  const rejected = worse.said.some(({ what, value }) => what === 'event' && JSON.stringify(value).includes('rejected'));
  t.false(rejected, 'no advert of FRR is refused');
});
