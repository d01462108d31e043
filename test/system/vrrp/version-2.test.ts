import { needs } from '../../support/needs.js';
import { Keepalived } from '../../support/peers/keepalived.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft', 'keepalived');
const vips = ['10.77.0.100/24'];
const init = (priority: number, password = 's3cr3t') => ({
  instances: [{ version: 2 as const, authentication: { type: 'password' as const, password }, priority, vips }],
});

check('takes turns with keepalived in version 2 with a password', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  await using wire = await capture(lan);
  await using peer = new Keepalived(two, { version: 2, password: 's3cr3t', priority: 150, interval: 1, vips });
  await peer.becomes('MASTER');

  // Fulcrum, better, takes over; keepalived yields.
  let mark = peer.mark;
  await using best = await VrrpNode.start(one, init(200));
  t.is(await best.becomes('master'), 'a master of lower priority was preempted: 10.77.0.2, priority 150');
  await peer.becomes('BACKUP', mark);
  t.like(await best.view((seen) => seen.adverts.sent >= 2), {
    version: 2,
    authentication: 'password',
    master_down_interval_ms: 3000 + ((256 - 200) / 256) * 1000,
    peer: { address: '10.77.0.2', priority: 150, interval_ms: 1000 },
  });
  t.true((await one.addresses()).includes('10.77.0.100/24'));

  // Fulcrum stops: keepalived is told, and takes over within its skew.
  mark = peer.mark;
  await best.stop();
  await peer.becomes('MASTER', mark);
  t.true((await two.addresses()).includes('10.77.0.100/24'));

  // Fulcrum, worse, follows keepalived until that stops.
  await using worse = await VrrpNode.start(one, init(100));
  await worse.view((seen) => seen.adverts.received >= 2);
  mark = worse.mark;
  await peer.stop();
  t.is(await worse.becomes('master', mark), 'the master resigned: 10.77.0.2, priority 150');
  t.deepEqual(worse.states(), ['backup', 'master']);
  t.is((await worse.view()).adverts.rejected, 0);

  const { adverts, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
  t.true(adverts.filter(({ from }) => from === one.address).length > 2);
  t.true(adverts.every(({ hopLimit, addresses }) => hopLimit === 255 && addresses.join() === '10.77.0.100'));
});

check('tells precisely why no advert of a keepalived is taken: its password, its interval, its version', async (t) => {
  await using lan = await createLan(3);
  const [one, two, three] = [lan.host(1), lan.host(2), lan.host(3)];
  await using peer = new Keepalived(two, { version: 2, password: 'another', priority: 150, interval: 1, vips });
  await peer.becomes('MASTER');
  await using node = await VrrpNode.start(one, init(100));
  t.is(
    await node.alarm('rejected'),
    'an advert from 10.77.0.2 was refused: its password is not the one configured here',
  );
  t.regex(
    await node.becomes('master'),
    /^no master was heard: .* \(one was refused: its password is not the one configured here\)$/,
  );
  await peer.until(/received an invalid passwd/);
  await peer.stop();

  let mark = node.mark;
  await using slow = new Keepalived(two, { version: 2, password: 's3cr3t', priority: 150, interval: 2, vips });
  await slow.becomes('MASTER');
  t.regex(await node.alarm('rejected', mark), /its advert interval is not the one configured here/);
  await slow.stop();

  mark = node.mark;
  await using newer = new Keepalived(two, { priority: 150, interval: 1, vips });
  await newer.becomes('MASTER');
  t.regex(await node.alarm('rejected', mark), /the peer speaks VRRP version 3: set it to version 2/);
  await using other = await VrrpNode.start(three, { instances: [{ priority: 50, vips, intervalMs: 1000 }] });
  t.regex(await other.alarm('rejected'), /the peer speaks VRRP version 2: set it to version 3/);
});
