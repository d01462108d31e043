import type { ExecutionContext } from 'ava';
import { needs } from '../../support/needs.js';
import { Keepalived } from '../../support/peers/keepalived.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft', 'keepalived');

type Case = {
  readonly vips: readonly string[];
  readonly unicast?: boolean;
};

/** Fulcrum is master, keepalived takes over at a stop and gives it back, and the other way round. */
async function takeTurns(t: ExecutionContext, { vips, unicast = false }: Case): Promise<void> {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  const ipv6 = vips[0]?.includes(':') === true;
  const peerOf = (host: typeof one) => (unicast ? { peers: [ipv6 ? host.address6 : host.address] } : {});
  const node = (priority: number) =>
    VrrpNode.start(one, {
      instances: [{ priority, intervalMs: 100, vips, mode: unicast ? 'unicast' : 'multicast', ...peerOf(two) }],
    });
  await using wire = await capture(lan);
  await using peer = new Keepalived(two, { priority: 150, interval: 0.1, vips, ...peerOf(one) });
  await peer.becomes('MASTER');
  const held = vips.at(-1) ?? '';

  // Fulcrum, better, takes over; keepalived yields.
  let mark = peer.mark;
  await using best = await node(200);
  const peerText = `${ipv6 ? two.address6 : two.address}, priority 150`;
  t.is(await best.becomes('master'), `a master of lower priority was preempted: ${peerText}`);
  await peer.becomes('BACKUP', mark);
  const view = await best.view((seen) => seen.adverts.sent >= 5);
  t.is(view.peer?.address, ipv6 ? two.address6 : two.address);
  t.is(view.peer?.priority, 150);
  t.is(view.peer?.interval_ms, 100);
  t.true((await one.addresses()).includes(held));

  // Fulcrum stops: keepalived is told, and takes over within its skew.
  mark = peer.mark;
  await best.stop();
  await peer.becomes('MASTER', mark);
  t.false((await one.addresses()).includes(held));
  t.true((await two.addresses()).includes(held));

  // Fulcrum, worse, hears a master and leaves it alone, until that stops.
  await using worse = await node(100);
  await worse.view((seen) => seen.adverts.received >= 10);
  t.deepEqual(worse.states(), ['backup']);
  mark = worse.mark;
  await peer.stop();
  t.is(await worse.becomes('master', mark), `the master resigned: ${peerText}`);
  t.true((await one.addresses()).includes(held));
  const after = await worse.view();
  t.like(after.peer, { priority: 150, resigned: true });
  t.is(after.lateness_last_hour_us.max, after.lateness_us.max);
  for (const each of [best, worse]) {
    t.false(
      each.said.some(({ value }) => JSON.stringify(value).includes('dual-master')),
      'each of them yielded',
    );
  }

  const { adverts, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
  // keepalived itself sends IPv6 unicast with the system's hop limit of 64.
  const own = adverts.filter(({ from }) => from === (ipv6 ? one.address6 : one.address));
  t.true(own.length > 5 && own.every(({ hopLimit }) => hopLimit === 255));
  const rejected = worse.said.some(({ what, value }) => what === 'event' && JSON.stringify(value).includes('rejected'));
  t.false(rejected, 'no advert of keepalived is refused');
}

check('takes turns with keepalived at its defaults: IPv4 multicast', (t) => takeTurns(t, { vips: ['10.77.0.100/24'] }));

check('takes turns with keepalived: IPv4 unicast', (t) => takeTurns(t, { vips: ['10.77.0.100/24'], unicast: true }));

check('takes turns with keepalived: IPv6 multicast', (t) => takeTurns(t, { vips: ['fe80::77/64', 'fd77::100/64'] }));

check('takes turns with keepalived: IPv6 unicast', (t) =>
  takeTurns(t, { vips: ['fe80::77/64', 'fd77::100/64'], unicast: true }),
);
