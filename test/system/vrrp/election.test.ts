import type { InstanceInit } from '../../support/fixtures/vrrp-config.js';
import { needs } from '../../support/needs.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft');
const vip = '10.77.0.100/24';
const init = (priority: number, over: InstanceInit = {}) => ({
  instances: [{ intervalMs: 100, vips: [vip], priority, ...over }],
});

check('three nodes elect the best, which speaks on time; a stop hands over, and every packet is right', async (t) => {
  await using lan = await createLan(3);
  await using wire = await capture(lan);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await using c = await VrrpNode.start(lan.host(3), init(100));
  t.is(await a.becomes('master'), 'no master was heard: no advert within the master down interval of 321.9 ms');
  await a.view((view) => view.adverts.sent >= 10);
  t.true((await a.host.addresses()).includes(vip));

  await a.stop();
  t.is(await b.becomes('master'), 'the master resigned: 10.77.0.1, priority 200');
  t.false((await a.host.addresses()).includes(vip));
  await b.view((view) => view.adverts.sent >= 5);
  t.true((await b.host.addresses()).includes(vip));
  t.deepEqual(c.states(), ['backup']);
  await b.stop();
  await c.becomes('master');

  const { adverts, announcements, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
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
  const own = announcements.filter(({ hardware }) => hardware === '02:77:00:00:00:01');
  const first = own.filter(({ at }) => at < (own[0]?.at ?? 0) + 1);
  t.is(first.length, 5);
  t.true(first.every(({ address }) => address === '10.77.0.100'));
});

for (const mode of ['multicast', 'unicast'] as const) {
  check(`two nodes hand IPv6 addresses over: ${mode}`, async (t) => {
    await using lan = await createLan(2);
    await using wire = await capture(lan);
    const [one, two] = [lan.host(1), lan.host(2)];
    const vips = ['fd77::100/64'];
    await using a = await VrrpNode.start(one, init(200, { vips, mode, peers: [two.address6] }));
    await using b = await VrrpNode.start(two, init(150, { vips, mode, peers: [one.address6] }));
    await a.becomes('master');
    await b.view((view) => view.adverts.received > 3);
    // The link-local address of the virtual MAC comes with it (RFC 9568 section 5.2.9).
    for (const address of ['fd77::100/64', 'fe80::200:5eff:fe00:23c/64']) {
      t.true((await one.addresses()).includes(address));
    }
    await a.stop();
    await b.becomes('master');
    t.false((await one.addresses()).includes('fd77::100/64'));
    t.true((await two.addresses()).includes('fd77::100/64'));
    await b.view((view) => view.adverts.sent > 2);

    const { adverts, announcements, diagnostics } = await wire.stop();
    t.deepEqual(diagnostics, []);
    t.true(adverts.every(({ hopLimit }) => hopLimit === 255));
    const to = mode === 'multicast' ? ['ff02::12'] : [one.address6, two.address6];
    t.true(adverts.every((advert) => to.includes(advert.to)));
    t.true(adverts.every(({ addresses }) => addresses.join() === 'fe80::200:5eff:fe00:23c,fd77::100'));
    t.true(announcements.some(({ hardware, address }) => hardware.endsWith(':02') && address === 'fd77::100'));
  });
}

check('two nodes hand an address over by unicast, and take no advert of a third', async (t) => {
  await using lan = await createLan(3);
  const [one, two, three] = [lan.host(1), lan.host(2), lan.host(3)];
  await using wire = await capture(lan);
  await using a = await VrrpNode.start(one, init(200, { mode: 'unicast', peers: [two.address] }));
  await using b = await VrrpNode.start(two, init(150, { mode: 'unicast', peers: [one.address] }));
  await a.becomes('master');
  await using stranger = await VrrpNode.start(three, init(254, { mode: 'unicast', peers: [one.address, two.address] }));
  await stranger.becomes('master');
  t.regex(await a.alarm('rejected'), /10\.77\.0\.3 was refused: the sender is not among the peers/);
  const view = await a.view(({ adverts }) => adverts.rejected > 3);
  t.is(view.state, 'master');
  t.is(b.states().join(), 'backup');
  const { adverts, diagnostics } = await wire.stop();
  t.deepEqual(diagnostics, []);
  t.true(adverts.filter(({ from }) => from === one.address).every(({ to }) => to === two.address));
});

check('a better node takes over without a gap when it may preempt, and not when it may not', async (t) => {
  await using lan = await createLan(3);
  await using low = await VrrpNode.start(lan.host(1), init(100));
  await low.becomes('master');
  const mark = low.mark;
  await using polite = await VrrpNode.start(lan.host(2), init(150, { preempt: false }));
  await polite.view((view) => view.adverts.received > 5);
  t.is(polite.states().join(), 'backup');
  await using wire = await capture(lan);
  await using high = await VrrpNode.start(lan.host(3), init(200));
  await high.becomes('master');
  t.regex(await low.becomes('backup', mark), /higher priority was heard: 10\.77\.0\.3, priority 200/);
  await high.view((view) => view.adverts.sent > 3);
  t.false((await low.host.addresses()).includes(vip));
  t.is(polite.states().join(), 'backup');
  const { adverts } = await wire.stop();
  const gaps = adverts.map(({ at }, index) => at - (adverts[index - 1]?.at ?? at));
  t.true(Math.max(...gaps) < 0.3, 'no peer could have lost patience');
});

check('of two equal nodes the higher address is master', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(100));
  await a.becomes('master');
  await using b = await VrrpNode.start(lan.host(2), init(100));
  // RFC 9568 section 6.4.2: an equal priority is followed; the tie is broken between masters.
  await b.view((view) => view.adverts.received > 5);
  t.is(b.states().join(), 'backup');
  await lan.cut(1, 2);
  await b.becomes('master');
  const mark = a.mark;
  await lan.heal();
  t.regex(await a.becomes('backup', mark), /same priority and a higher address was heard: 10\.77\.0\.2, priority 100/);
});

check('an address owner is master from its start, and anyone else yields to it with an alarm', async (t) => {
  await using lan = await createLan(2);
  await using other = await VrrpNode.start(lan.host(1), init(254));
  await other.becomes('master');
  const mark = other.mark;
  await lan.host(2).run('ip', 'addr', 'add', vip, 'dev', 'eth0');
  await using owner = await VrrpNode.start(lan.host(2), init(255));
  t.regex(await owner.becomes('master'), /^started: the owner of the addresses/);
  t.is(await other.alarm('foreign-owner'), '10.77.0.2 says that it owns the addresses (priority 255)');
  await other.becomes('backup', mark);
  await owner.stop();
  t.true((await lan.host(2).addresses()).includes(vip), 'its own address stays');
});

check('asked to fail over, a master steps down once and does not come back by itself', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  // Else it has heard nothing of the master but that it resigned.
  await b.view((view) => view.adverts.received > 0);
  const mark = a.mark;
  a.command('vrrp-calls', { kind: 'request', id: 1, call: 'failover', ask: { name: 'vi1' } });
  const reply = await a.until(({ what }) => what === 'to-vrrp-calls', mark);
  t.like(reply.value, { kind: 'reply', id: 1, last: true });
  t.is(await a.becomes('backup', mark), 'an operator asked it to step down');
  t.is(await b.becomes('master'), 'the master resigned: 10.77.0.1, priority 200');
  await a.view((view) => view.adverts.received > 10);
  t.deepEqual(a.states(), ['backup', 'master', 'backup']);
  a.command('vrrp-calls', { kind: 'request', id: 2, call: 'failover', ask: { name: 'vi1' } });
  const refusal = await a.until(
    ({ what, value }) => what === 'to-vrrp-calls' && (value as { id: number }).id === 2,
    mark,
  );
  t.like(refusal.value, { kind: 'refused', code: 'ERR_CONFLICT' });
  t.regex(
    (refusal.value as { message: string }).message,
    /vi1 is backup here, not master; ask the master, 10\.77\.0\.2/,
  );
  await b.kill();
  t.regex(await a.becomes('master', mark), /no advert within .*; the last was from 10\.77\.0\.2, priority 150/);
});

check(
  'the better node that is started again preempts; nobody tells of two masters, for one of them yields',
  async (t) => {
    await using lan = await createLan(2);
    await using b = await VrrpNode.start(lan.host(2), init(150));
    await b.becomes('master');
    const nodes = [b];
    for (let round = 0; round < 3; round += 1) {
      const mark = b.mark;
      await using a = await VrrpNode.start(lan.host(1), init(200));
      nodes.push(a);
      t.is(await a.becomes('master'), 'a master of lower priority was preempted: 10.77.0.2, priority 150');
      t.is(await b.becomes('backup', mark), 'a master of higher priority was heard: 10.77.0.1, priority 200');
      // Long enough for a second master to be told of.
      await a.view((view) => view.adverts.sent >= 10);
      await a.stop();
      t.is(await b.becomes('master', mark), 'the master resigned: 10.77.0.1, priority 200');
    }
    const alarms = nodes.flatMap((node) =>
      node.said.filter(({ value }) => JSON.stringify(value).includes('dual-master')),
    );
    t.deepEqual(alarms, []);
  },
);

check('the Seesaw dialect: adverts of 8 bytes, which the plain one refuses with a hint', async (t) => {
  await using lan = await createLan(3);
  await using a = await VrrpNode.start(lan.host(1), init(200, { dialect: 'seesaw' }));
  await using b = await VrrpNode.start(lan.host(2), init(150, { dialect: 'seesaw' }));
  await a.becomes('master');
  await b.view((view) => view.adverts.received > 3);
  await using plain = await VrrpNode.start(lan.host(3), init(100));
  t.regex(await plain.alarm('rejected'), /it lists no address: a Seesaw peer needs `dialect: seesaw`/);
  t.is(b.states().join(), 'backup');
});
