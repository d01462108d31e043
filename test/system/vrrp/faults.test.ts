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

check('a cut segment has a master on each side; healed it has one, which announces itself again', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  await b.view((view) => view.adverts.received > 3);
  await lan.cut(1, 2);
  await b.becomes('master');
  t.is(a.states().at(-1), 'master');
  await using wire = await capture(lan);
  const mark = b.mark;
  const healedAt = Date.now() / 1000;
  await lan.heal();
  t.regex(await b.becomes('backup', mark), /a master of higher priority was heard: 10\.77\.0\.1, priority 200/);
  t.false((await b.host.addresses()).includes(vip));
  await a.alarm('dual-master');
  await a.view((view) => view.adverts.sent > 0);
  const { announcements } = await wire.stop();
  const again = announcements.filter(({ at, hardware }) => at > healedAt && hardware === '02:77:00:00:00:01');
  t.true(again.length >= 5, 'hosts and switches hear again where the address is');
});

check('of two nodes of which one alone hears the other, only one is master when the backup hears', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  await b.view((view) => view.adverts.received > 3);
  await lan.cut(2, 1, true);
  const { adverts } = await b.view();
  await b.view((view) => view.adverts.received > adverts.received + 10);
  t.is(b.states().join(), 'backup');
  // The other way: it does not hear the master, which tells every one of its adverts that it is still there.
  await lan.heal();
  await lan.cut(1, 2, true);
  await b.becomes('master');
  t.regex(await a.alarm('dual-master'), /10\.77\.0\.2 is master too, with priority 150/);
  t.is(a.states().at(-1), 'master');
  const mark = b.mark;
  await lan.heal();
  await b.becomes('backup', mark);
  t.pass();
});

check(
  'an interface that goes down is a fault with its reason; up again the node is a backup, and preempts',
  async (t) => {
    await using lan = await createLan(2);
    await using a = await VrrpNode.start(lan.host(1), init(200));
    await using b = await VrrpNode.start(lan.host(2), init(150));
    await a.becomes('master');
    let mark = a.mark;
    await lan.host(1).run('ip', 'link', 'set', 'eth0', 'down');
    t.is(await a.becomes('fault', mark), 'interface eth0 is down');
    t.false((await a.host.addresses()).includes(vip));
    await b.becomes('master');
    mark = a.mark;
    await lan.host(1).run('ip', 'link', 'set', 'eth0', 'up');
    t.is(await a.becomes('backup', mark), 'what was missing is there again');
    await a.becomes('master', mark);
    await b.becomes('backup', 2);
    t.true((await a.host.addresses()).includes(vip));
  },
);

check('without carrier a node does not elect itself', async (t) => {
  await using lan = await createLan(1);
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'down');
  await using a = await VrrpNode.start(lan.host(1), init(200));
  t.is(await a.becomes('fault'), 'interface eth0 is down');
  const mark = a.mark;
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'up');
  await a.becomes('backup', mark);
  await a.becomes('master', mark);
  t.pass();
});

check('an interface that vanishes is a fault; one of that name that appears is used', async (t) => {
  await using lan = await createLan(2);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await a.becomes('master');
  let mark = a.mark;
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'down');
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'name', 'gone0');
  t.regex(await a.becomes('fault', mark), /interface eth0 is (down|missing)/);
  await a.view((view) => view.why === 'interface eth0 is missing');
  mark = a.mark;
  await lan.host(1).run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth9');
  await lan.host(1).run('ip', 'link', 'set', 'eth9', 'up');
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'up');
  await a.view((view) => view.why === 'interface eth0 has no IPv4 address to send from');
  await lan.host(1).run('ip', 'addr', 'add', '10.77.0.9/24', 'dev', 'eth0');
  await a.becomes('master', mark);
  t.true((await a.host.addresses()).includes(vip));
  await a.stop();
  t.false((await a.host.addresses()).includes(vip));
});

check('an interface that is renamed while it is up keeps none of the addresses', async (t) => {
  await using lan = await createLan(1);
  const vips = Array.from({ length: 60 }, (_, index) => `10.77.1.${index + 1}/32`);
  await using a = await VrrpNode.start(lan.host(1), init(200, { vips }));
  await a.becomes('master');
  await a.view((view) => view.adverts.sent > 1);
  t.true((await a.host.addresses()).includes('10.77.1.60/32'));
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'name', 'other0');
  t.is(await a.becomes('fault'), 'interface eth0 is missing');
  await a.stop();
  const left = await lan.host(1).run('ip', '-br', 'addr', 'show', 'dev', 'other0');
  t.notRegex(left, /10\.77\.1\./);
});

check('an address that someone removes is put back, a few times at once', async (t) => {
  await using lan = await createLan(1);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await a.becomes('master');
  await a.view((view) => view.adverts.sent > 1);
  for (let time = 0; time < 5; time += 1) {
    await lan.host(1).run('ip', 'addr', 'del', vip, 'dev', 'eth0');
    await a.view((view) => view.adverts.sent > 1);
    t.true((await a.host.addresses()).includes(vip), `removal ${time + 1}`);
  }
  t.is(await a.alarm('address-removed'), `someone removed ${vip}; it was put back`);
  await lan.host(1).run('ip', 'addr', 'del', vip, 'dev', 'eth0');
  await a.view((view) => view.adverts.sent > 1);
  t.false((await a.host.addresses()).includes(vip), 'not for ever: whoever removes it has a reason');
});

check('a tracked interface and a tracked service change the priority, or are a fault', async (t) => {
  await using lan = await createLan(2);
  await lan.host(1).run('ip', 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth2');
  await lan.host(1).run('ip', 'link', 'set', 'eth2', 'up');
  await lan.host(1).run('ip', 'link', 'set', 'eth1', 'up');
  const track = [
    { kind: 'interface', interface: 'eth1', weight: null, reverse: false },
    { kind: 'service', service: 'web', weight: -100, reverse: false },
  ] as const;
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await b.becomes('master');
  await using a = await VrrpNode.start(lan.host(1), init(200, { track }));
  await a.view((view) => view.effective_priority === 100 && view.state === 'backup');
  a.command('tracking', { kind: 'service-health', service: 'web', healthy: true });
  await a.becomes('master');
  let mark = a.mark;
  a.command('tracking', { kind: 'service-health', service: 'web', healthy: false });
  t.regex(await a.becomes('backup', mark), /higher priority was heard: 10\.77\.0\.2, priority 150/);
  mark = a.mark;
  await lan.host(1).run('ip', 'link', 'set', 'eth1', 'down');
  t.is(await a.becomes('fault', mark), 'tracked interface eth1 is down');
  mark = a.mark;
  await lan.host(1).run('ip', 'link', 'set', 'eth1', 'up');
  await a.becomes('backup', mark);
});

for (const [family, address] of [
  ['IPv4', vip],
  ['IPv6', 'fd77::100/64'],
] as const) {
  check(`an ${family} address that another host has already is reported`, async (t) => {
    await using lan = await createLan(2);
    await lan.host(2).run('ip', 'addr', 'add', address, 'dev', 'eth0', ...(family === 'IPv6' ? ['nodad'] : []));
    await using a = await VrrpNode.start(lan.host(1), init(200, { vips: [address] }));
    await a.becomes('master');
    t.is(await a.alarm('duplicate-address'), `${address.split('/')[0]} is also used by 02:77:00:00:00:02`);
  });
}

check('two nodes with one address are reported', async (t) => {
  await using lan = await createLan(2);
  await lan.host(2).run('ip', 'addr', 'flush', 'dev', 'eth0');
  await lan.host(2).run('ip', 'addr', 'add', '10.77.0.1/24', 'dev', 'eth0');
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  const why = (by: string) => `10.77.0.1, from which adverts are sent, is also used by 02:77:00:00:00:0${by}`;
  t.is(await a.alarm('own-address'), why('2'));
  t.is(await b.alarm('own-address'), why('1'));
});
