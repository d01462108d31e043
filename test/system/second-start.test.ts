/** A second daemon that wants what a first one has is refused before it has changed anything. */
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsSerial } from '../support/needs.js';
import { capture } from '../support/rigs/vrrp/capture.js';
import { VrrpDaemon } from '../support/rigs/vrrp/daemon.js';
import { createLan } from '../support/rigs/vrrp/lan.js';

const check = needsSerial('root', 'ip', 'nft', 'tcpdump', 'tshark');
const vip = '10.77.0.100/24';

check('a second start takes no address off, sends no advert and leaves the socket where it is', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-second-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, 'fulcrum.sock');
  const document = {
    node: { name: 'node', state_dir: join(directory, 'state') },
    control: { socket, http: null, grpc: null },
    dataplane: { driver: 'proxy' },
    vrrp: {
      instances: [
        { name: 'vi1', interface: 'eth0', vrid: 60, priority: 200, advert_interval: '100ms', addresses: [vip] },
      ],
    },
    services: [
      { name: 'web', address: '10.77.0.100', port: 80, backends: [{ name: 'own', address: '127.0.0.1', port: 9000 }] },
    ],
  };
  await using lan = await createLan(2);
  const one = lan.host(1);
  await using first = new VrrpDaemon(one, document);
  await first.becomes('master');
  await first.logged(/control\.socket listens on/);
  const inode = lstatSync(socket).ino;
  const states = first.states();
  await using wire = await capture(lan);

  await using second = new VrrpDaemon(one, document);
  const refused = await second.refused();
  t.is(refused.code, 2);
  const holder = `process ${first.pid} `;
  t.true(refused.said.includes(`state: ${holder}has this state directory`), refused.said);
  t.true(refused.said.includes(`fulcrum.sock: ${holder}listens there already`), refused.said);
  t.true(refused.said.includes(`VRID 60 on eth0 (ipv4): ${holder}has this virtual router`), refused.said);

  const others = {
    node: { name: 'other', state_dir: join(directory, 'other') },
    control: { socket: null, http: null },
  };
  await using third = new VrrpDaemon(one, { ...document, ...others });
  const alone = await third.refused();
  t.is(alone.code, 2);
  t.regex(alone.said, /VRID 60 on eth0/);
  t.notRegex(alone.said, /state directory|listens there/);

  const { adverts } = await wire.stop();
  t.true(adverts.length > 0);
  t.deepEqual([...new Set(adverts.map(({ priority }) => priority))], [200], 'nobody resigned');
  t.true((await one.addresses()).includes(vip));
  t.is(lstatSync(socket).ino, inode);
  t.deepEqual(first.states(), states);

  // However the first one ends, what it had is free.
  await first.end('SIGKILL');
  await using next = new VrrpDaemon(one, document);
  await next.becomes('master');
});
