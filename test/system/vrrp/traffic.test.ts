import { needs } from '../../support/needs.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'nft', 'ping');
const vips = ['10.77.0.100/24'];
const init = (priority: number) => ({ instances: [{ intervalMs: 100, vips, priority }] });

check('a client of the virtual address loses little when the master is killed', async (t) => {
  await using lan = await createLan(3);
  await using a = await VrrpNode.start(lan.host(1), init(200));
  await using b = await VrrpNode.start(lan.host(2), init(150));
  await a.becomes('master');
  await b.view((view) => view.adverts.received > 3);
  const pinging = lan.host(3).run('ping', '-q', '-i', '0.02', '-c', '150', '-W', '1', '10.77.0.100');
  await b.view();
  // A killed node's machine is gone with it; here its address would still answer.
  await lan.host(1).run('ip', 'link', 'set', 'eth0', 'down');
  await a.kill();
  await b.becomes('master');
  const received = Number(/(\d+) received/.exec(await pinging)?.[1]);
  t.true(received > 75, `${received} of 150 answered`);
  t.true(received < 150, 'some were sent into the gap');
});

for (const [count, intervalMs] of [
  [50, 100],
  [250, 1000],
] as const) {
  check(`${count} instances at ${intervalMs} ms share one thread, and none misses its turn`, async (t) => {
    await using lan = await createLan(2);
    const instances = Array.from({ length: count }, (_, index) => ({
      name: `vi${index + 1}`,
      vrid: index + 1,
      intervalMs,
      vips: [`10.77.1.${index + 1}/32`],
      priority: 200,
    }));
    await using a = await VrrpNode.start(lan.host(1), { instances });
    await using b = await VrrpNode.start(lan.host(2), {
      instances: instances.map((instance) => ({ ...instance, priority: 100 })),
    });
    for (const { name } of instances) await a.becomes('master', 0, name);
    await b.view((view) => view.adverts.received > 3000 / intervalMs, `vi${count}`);
    t.is(a.states().filter((state) => state === 'master').length, count);
    t.is(b.states().filter((state) => state === 'backup').length, count);
    t.is(b.states().filter((state) => state === 'master').length, 0);
    t.is((await a.host.addresses()).filter((address) => address.startsWith('10.77.1.')).length, count);
  });
}
