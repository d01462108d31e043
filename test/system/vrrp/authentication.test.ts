import type { VrrpAuthentication } from '../../../src/model/config.js';
import { needs } from '../../support/needs.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

// No packaged keepalived has HMAC (it came with 2.4): two nodes of ours, and the vectors of `test/wire/vrrp/trailer.test.ts`.
const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft');
const KEY = `hex:${'5a'.repeat(32)}`;
const hmac = (key = KEY): VrrpAuthentication => ({
  type: 'hmac',
  keys: { 9: key },
  active: 9,
  mode: 'enforce',
  antiReplay: 'time',
  timeWindowNs: null,
});
const intervalMs = 100;

check('two nodes with one key hand over, and take no advert of whoever does not have it', async (t) => {
  await using lan = await createLan(3);
  const [one, two, three] = [lan.host(1), lan.host(2), lan.host(3)];
  const vips = ['10.77.0.100/24'];
  const init = (priority: number, authentication: VrrpAuthentication | null) => ({
    instances: [{ priority, vips, intervalMs, authentication }],
  });
  await using a = await VrrpNode.start(one, init(200, hmac()));
  await using b = await VrrpNode.start(two, init(150, hmac()));
  await a.becomes('master');
  const followed = await b.view(({ adverts }) => adverts.received > 10);
  t.like(followed, { authentication: 'hmac', peer: { authenticated: true }, adverts: { rejected: 0 } });

  await using plain = await VrrpNode.start(three, init(254, null));
  t.is(
    await a.alarm('rejected'),
    'an advert from 10.77.0.3 was refused: it has no authentication, and this instance asks for some',
  );
  t.is(
    await plain.alarm('rejected'),
    'an advert from 10.77.0.1 was refused: it has an authentication that is not configured here',
  );
  await plain.stop();
  const mark = a.mark;
  await using forger = await VrrpNode.start(three, init(254, hmac(`hex:${'a5'.repeat(32)}`)));
  t.regex(await a.alarm('rejected', mark), /refused: its HMAC is wrong/);
  await forger.stop();
  t.deepEqual(a.states(), ['backup', 'master']);

  await a.stop();
  t.is(await b.becomes('master'), 'the master resigned: 10.77.0.1, priority 200');
  await b.view(({ adverts }) => adverts.sent > 5);
  t.true((await two.addresses()).includes('10.77.0.100/24'));
});

check('two nodes with one key hand IPv6 addresses over by unicast', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  const init = (priority: number, peer: string) => ({
    instances: [
      {
        priority,
        vips: ['fd77::100/64'],
        intervalMs,
        mode: 'unicast' as const,
        peers: [peer],
        authentication: hmac(),
      },
    ],
  });
  await using wire = await capture(lan);
  await using a = await VrrpNode.start(one, init(200, two.address6));
  await a.becomes('master');
  await using b = await VrrpNode.start(two, init(150, one.address6));
  await b.view(({ adverts }) => adverts.received > 10);
  await a.kill();
  t.regex(await b.becomes('master'), /^no advert within the master down interval/);
  t.is((await b.view(({ adverts }) => adverts.sent > 5)).adverts.rejected, 0);
  // Unlike that of IPv4, the checksum covers the trailer, as Wireshark expects.
  t.deepEqual((await wire.stop()).diagnostics, []);
});
