import { needs } from '../../support/needs.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'nft');

/** Two instances of one interface: what one of them tracks takes the other one along. */
const init = (priority: number) => ({
  instances: [
    { name: 'vi1', vrid: 60, intervalMs: 100, vips: ['10.77.0.100/24'], priority },
    {
      name: 'vi2',
      vrid: 61,
      intervalMs: 100,
      vips: ['10.77.0.101/24'],
      priority,
      track: [{ kind: 'interface', interface: 'tracked', weight: null, reverse: false } as const],
    },
  ],
  syncGroups: [{ name: 'g1', instances: ['vi1', 'vi2'] }],
});
const members = ['vi1', 'vi2'];

check('a sync group is master, steps down and is at fault as one', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  for (const host of [one, two]) {
    await host.run('ip', 'link', 'add', 'tracked', 'type', 'veth', 'peer', 'name', 'far');
    for (const end of ['tracked', 'far']) await host.run('ip', 'link', 'set', end, 'up');
  }
  await using a = await VrrpNode.start(one, init(200));
  await using b = await VrrpNode.start(two, init(150));
  for (const name of members) await a.becomes('master', 0, name);
  for (const name of members) await b.view(({ adverts }) => adverts.received > 3, name);

  const asked = [a.mark, b.mark] as const;
  a.command('vrrp-calls', { kind: 'request', id: 1, call: 'failover', ask: { name: 'g1' } });
  for (const name of members) t.is(await a.becomes('backup', asked[0], name), 'an operator asked it to step down');
  for (const name of members) t.regex(await b.becomes('master', asked[1], name), /^the master resigned/);

  const down = [a.mark, b.mark] as const;
  await two.run('ip', 'link', 'set', 'far', 'down');
  t.is(await b.becomes('fault', down[1], 'vi2'), 'tracked interface tracked is down');
  const along = 'sync group g1 went along with vi2: tracked interface tracked is down';
  t.is(await b.becomes('fault', down[1], 'vi1'), along);
  for (const name of members) await a.becomes('master', down[0], name);
  for (const name of members) await a.view(({ adverts }) => adverts.sent > 3, name);
  for (const vip of ['10.77.0.100/24', '10.77.0.101/24']) {
    t.true((await one.addresses()).includes(vip));
    t.false((await two.addresses()).includes(vip));
  }
});
