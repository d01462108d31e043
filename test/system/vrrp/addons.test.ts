import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/needs.js';
import type { HeardAdvert } from '../../support/programs/addons-main.js';
import { Heard } from '../../support/rigs/vrrp/heard.js';
import { createLan } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'nft', 'npm package raw-socket', 'npm package netlink');
const main = fileURLToPath(new URL('../../support/programs/addons-main.js', import.meta.url));
const vip = '10.77.0.100/24';

check('the npm package raw-socket reads our adverts, and netlink reads the virtual address', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  const ear = two.start(process.execPath, main, 'hear', two.address);
  t.teardown(() => ear.kill('SIGKILL'));
  const heard = new Heard<unknown>('raw-socket');
  if (ear.stdout === null) throw new Error('no stdout');
  createInterface(ear.stdout).on('line', (line) => heard.add(JSON.parse(line)));
  await heard.until((said) => said === 'listening', 0);

  await using node = await VrrpNode.start(one, { instances: [{ priority: 150, intervalMs: 100, vips: [vip] }] });
  await node.becomes('master');
  const advert = (await heard.until((said) => said !== 'listening', 0)) as HeardAdvert;
  t.is(advert.from, one.address);
  // Version 3 and type 1, the priority, one address, 10 hundredths of a second, the address: RFC 9568, 5.1.
  t.regex(advert.message, /^31..9601000a....0a4d0064$/);
  t.is(advert.checksum, 0);
  const read = async () => JSON.parse(await one.run(process.execPath, main, 'addresses')) as readonly string[];
  t.true((await read()).includes(vip));
  await node.stop();
  t.false((await read()).includes(vip));
});
