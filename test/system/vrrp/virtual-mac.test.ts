import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { InstanceInit } from '../../support/fixtures/vrrp-config.js';
import { needs } from '../../support/needs.js';
import { Keepalived } from '../../support/peers/keepalived.js';
import { capture, type Seen } from '../../support/rigs/vrrp/capture.js';
import { createLan, type Host } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft', 'ping');
const checkWithPeer = needs('root', 'ip', 'tcpdump', 'tshark', 'nft', 'ping', 'keepalived');

type Family = {
  readonly vips: readonly string[];
  /** The one that the client talks to. */
  readonly vip: string;
  readonly mac: string;
  readonly over?: InstanceInit;
};
/** Packet sockets take and give signed packets, too. */
const signed: InstanceInit = {
  authentication: {
    type: 'hmac',
    keys: { 1: `hex:${'ab'.repeat(32)}` },
    active: 1,
    mode: 'enforce',
    antiReplay: 'time',
    timeWindowNs: null,
  },
};
const ipv4: Family = { vips: ['10.77.0.100/24'], vip: '10.77.0.100', mac: '00:00:5e:00:01:3c' };
const ipv6: Family = {
  vips: ['fe80::77/64', 'fd77::100/64'],
  vip: 'fd77::100',
  mac: '00:00:5e:00:02:3c',
  over: signed,
};
const VMAC = 'vrrp.60';
/** Twice as many as a node sends until the next look at it. */
const MANY = 60;

const start = (host: Host, family: Family, priority: number, over: InstanceInit = {}, stateDir?: string) =>
  VrrpNode.start(host, {
    ...(stateDir === undefined ? {} : { stateDir }),
    instances: [
      {
        intervalMs: 100,
        vips: family.vips,
        priority,
        vmac: { interface: VMAC, transmit: 'vmac' },
        ...family.over,
        ...over,
      },
    ],
  });

/** A host that talks to the virtual address, and everything that its kernel ever noted of where that is. */
async function clientOn(host: Host, family: Family) {
  if (family === ipv6) await host.run('ip', 'addr', 'add', 'fd77::9/64', 'dev', 'eth0', 'nodad');
  const monitor = host.start('ip', 'monitor', 'neigh');
  const noted = new Set<string>();
  if (monitor.stdout !== null) {
    createInterface(monitor.stdout).on('line', (line) => {
      const mac = /lladdr (\S+)/.exec(line)?.[1];
      if (line.startsWith(`${family.vip} `) && mac !== undefined) noted.add(mac);
    });
  }
  return {
    noted,
    /** Asks from scratch whoever is master: nor does that one know where the client is. */
    async reach(master: Host): Promise<void> {
      await master.run('ip', 'neigh', 'flush', 'all');
      await host.run('ping', '-q', '-c', '2', '-i', '0.2', '-w', '20', family.vip);
    },
    async entry(): Promise<string | undefined> {
      const entries = JSON.parse(await host.run('ip', '-j', 'neigh', 'show', 'to', family.vip)) as {
        lladdr?: string;
      }[];
      return entries[0]?.lladdr;
    },
    [Symbol.dispose]: () => void monitor.kill(),
  };
}

const settingOf = async (host: Host, name: string): Promise<string> => (await host.run('sysctl', '-n', name)).trim();
const hasInterface = async (host: Host): Promise<boolean> => (await host.run('ip', '-br', 'link')).includes(VMAC);

/** Whoever said where the virtual address is named the virtual MAC address. */
function saidOnly(t: ExecutionContext, { announcements }: Seen, { vip, mac }: Family): void {
  const macs = announcements.filter(({ address }) => address === vip).map(({ hardware }) => hardware);
  t.deepEqual([...new Set(macs)], [mac]);
}

for (const [title, family] of [
  ['IPv4', ipv4],
  ['IPv6', ipv6],
] as const) {
  check(
    `a client's neighbour entry stays through failovers between two nodes (${title}${family.over === undefined ? '' : ', signed'})`,
    async (t) => {
      await using lan = await createLan(3);
      // As most distributions have it. It drops what comes from where no way leads back to.
      for (const node of [1, 2]) await lan.host(node).run('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=1');
      await using wire = await capture(lan);
      using client = await clientOn(lan.host(3), family);
      await using best = await start(lan.host(1), family, 200);
      await best.becomes('master');
      await using second = await start(lan.host(2), family, 100);
      await second.view((view) => view.adverts.received > 3);
      t.deepEqual(await lan.host(2).addresses(VMAC), [], 'a backup has the interface, and no address on it');
      await client.reach(lan.host(1));
      t.is(await client.entry(), family.mac);
      t.false((await lan.host(1).addresses()).includes(family.vips.at(-1) ?? ''), 'the address is on the virtual one');
      t.true((await lan.host(1).addresses(VMAC)).includes(family.vips.at(-1) ?? ''));

      await best.stop();
      await second.becomes('master');
      await client.reach(lan.host(2));
      t.is(await client.entry(), family.mac);

      // A crash, and the way back by preemption.
      const mark = second.mark;
      await using again = await start(lan.host(1), family, 200);
      await again.becomes('master');
      await second.becomes('backup', mark);
      await client.reach(lan.host(1));
      await again.kill();
      await second.becomes('master', mark);
      await lan.host(1).run('ip', 'link', 'delete', VMAC);
      await client.reach(lan.host(2));
      t.is(await client.entry(), family.mac);
      t.deepEqual([...client.noted], [family.mac], 'it never had another one');

      const seen = await wire.stop();
      t.deepEqual(seen.diagnostics, []);
      t.deepEqual([...new Set(seen.adverts.map(({ hardware }) => hardware))], [family.mac]);
      saidOnly(t, seen, family);
      t.deepEqual(
        [
          ...new Set(
            second.said
              .filter(({ what }) => what === 'event')
              .map(({ value }) => Reflect.get(value as object, 'alarm')),
          ),
        ],
        [undefined],
      );
    },
  );
}

for (const transmit of ['vmac', 'base'] as const) {
  checkWithPeer(
    `takes turns with keepalived's use_vmac, whose adverts leave by the ${transmit} interface`,
    async (t) => {
      await using lan = await createLan(3);
      await using wire = await capture(lan);
      using client = await clientOn(lan.host(3), ipv4);
      // keepalived leaves this to the administrator: without it the node's own requests name the virtual address.
      await lan.host(2).run('sysctl', '-qw', 'net.ipv4.conf.eth0.arp_announce=2');
      await using peer = new Keepalived(lan.host(2), { priority: 150, interval: 0.1, vips: ipv4.vips, vmac: transmit });
      await peer.becomes('MASTER');
      await client.reach(lan.host(2));

      let mark = peer.mark;
      await using best = await start(lan.host(1), ipv4, 200, { vmac: { interface: VMAC, transmit } });
      await best.becomes('master');
      await peer.becomes('BACKUP', mark);
      await client.reach(lan.host(1));
      mark = peer.mark;
      await best.stop();
      await peer.becomes('MASTER', mark);
      await client.reach(lan.host(2));

      await using worse = await start(lan.host(1), ipv4, 100, { vmac: { interface: VMAC, transmit } });
      await worse.view((view) => view.adverts.received > 10);
      t.deepEqual(worse.states(), ['backup']);
      mark = worse.mark;
      await peer.stop();
      t.regex(await worse.becomes('master', mark), /the master resigned/);
      await client.reach(lan.host(1));
      t.is(await client.entry(), ipv4.mac);
      t.deepEqual([...client.noted], [ipv4.mac]);
      const { adverts } = await wire.stop();
      const own = adverts.filter(({ from }) => from === lan.host(1).address).map(({ hardware }) => hardware);
      t.deepEqual([...new Set(own)], [transmit === 'vmac' ? ipv4.mac : '02:77:00:00:00:01']);
    },
  );
}

check('unicast adverts leave by the interface below, and the addresses have the virtual MAC address', async (t) => {
  await using lan = await createLan(3);
  await using wire = await capture(lan);
  using client = await clientOn(lan.host(3), ipv4);
  const unicast = (peer: Host): InstanceInit => ({
    mode: 'unicast',
    peers: [peer.address],
    vmac: { interface: VMAC, transmit: 'base' },
  });
  await using best = await start(lan.host(1), ipv4, 200, unicast(lan.host(2)));
  await best.becomes('master');
  await using second = await start(lan.host(2), ipv4, 100, unicast(lan.host(1)));
  await second.view((view) => view.adverts.received > 3);
  await client.reach(lan.host(1));
  await best.stop();
  await second.becomes('master');
  await client.reach(lan.host(2));
  t.deepEqual([...client.noted], [ipv4.mac]);
  const seen = await wire.stop();
  saidOnly(t, seen, ipv4);
  t.deepEqual([...new Set(seen.adverts.map(({ hardware }) => hardware))].sort(), [
    '02:77:00:00:00:01',
    '02:77:00:00:00:02',
  ]);
});

check('each advert is counted once, of peers with the virtual MAC address and of those without', async (t) => {
  await using lan = await createLan(2);
  await using master = await start(lan.host(1), ipv4, 200);
  await master.becomes('master');
  await using backup = await start(lan.host(2), ipv4, 100);
  // The interface hears the group, as where another program joined it there.
  await lan.host(2).run('ip', 'maddr', 'add', '01:00:5e:00:00:12', 'dev', VMAC);
  const before = await backup.view((view) => view.adverts.received > MANY);
  t.true(before.adverts.received <= (await master.view()).adverts.sent);
  await master.stop();
  await backup.becomes('master');
  const gone = await backup.view();
  const from = backup.mark;
  await using plain = await start(lan.host(1), ipv4, 200, { vmac: false });
  await plain.becomes('master');
  await backup.becomes('backup', from);
  const { adverts } = await backup.view((view) => view.adverts.received > gone.adverts.received + MANY);
  t.true(adverts.received - gone.adverts.received <= (await plain.view()).adverts.sent);
  t.is(adverts.rejected, 0);
});

check('the interface and the settings are there while the node runs, and as before after its stop', async (t) => {
  await using lan = await createLan(1);
  const [host] = [lan.host(1)];
  await host.run('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=1');
  await using node = await start(host, ipv4, 200);
  await node.becomes('master');
  const seen = await node.view();
  t.deepEqual(seen.vmac, { interface: VMAC, mac: ipv4.mac, transmit: 'vmac' });
  const { 0: link } = JSON.parse(await host.run('ip', '-d', '-j', 'link', 'show', VMAC)) as {
    link: string;
    address: string;
    flags: string[];
    linkinfo: { info_kind: string; info_data: { mode: string } };
  }[];
  t.like(link, { link: 'eth0', address: ipv4.mac, linkinfo: { info_kind: 'macvlan', info_data: { mode: 'private' } } });
  t.true(link?.flags.includes('UP'));
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_ignore'), '1');
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_announce'), '2');
  t.is(await settingOf(host, 'net.ipv4.conf.vrrp/60.rp_filter'), '2', 'a strict one would drop clients');
  t.is(await settingOf(host, 'net.ipv6.conf.vrrp/60.disable_ipv6'), '1');
  await node.stop();
  t.false(await hasInterface(host));
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_ignore'), '0');
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_announce'), '0');
});

check('in a container, where /proc/sys is read-only, settings are changed all the same', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  const mount = 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$0" "$@"';
  const container = {
    ...host,
    start: (...words: string[]) => host.start('unshare', '-m', 'sh', '-c', mount, ...words),
  };
  await using node = await start(container, ipv4, 200);
  await node.becomes('master');
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_ignore'), '1');
  t.is(await settingOf(host, 'net.ipv4.conf.vrrp/60.arp_announce'), '2');
  t.is(await settingOf(host, 'net.ipv6.conf.vrrp/60.addr_gen_mode'), '1');
  t.true((await host.addresses(VMAC)).includes('10.77.0.100/24'));
  await node.stop();
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_ignore'), '0');
});

check('what a killed run left is undone by the next one', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-vmac-'));
  t.teardown(() => rmSync(stateDir, { recursive: true, force: true }));
  await using lan = await createLan(1);
  const host = lan.host(1);
  await using first = await start(host, ipv4, 200, {}, stateDir);
  await first.becomes('master');
  await first.kill();
  t.true(await hasInterface(host));
  await using second = await start(host, ipv4, 200, { vmac: false }, stateDir);
  await second.becomes('master');
  t.false(await hasInterface(host));
  t.is(await settingOf(host, 'net.ipv4.conf.eth0.arp_ignore'), '0');
  t.true((await host.addresses()).includes('10.77.0.100/24'));
});

check('an interface of that name that is not ours is a fault, and left alone', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await host.run('ip', 'link', 'add', VMAC, 'link', 'eth0', 'type', 'macvlan', 'mode', 'private');
  const before = await host.run('ip', '-o', 'link', 'show', VMAC);
  await using node = await start(host, ipv4, 200);
  const why = await node.becomes('fault');
  t.regex(why, /^interface vrrp\.60 is there already, and not made by Fulcrum: remove it \(ip link delete vrrp\.60\)/);
  t.is(await host.run('ip', '-o', 'link', 'show', VMAC), before);
  const mark = node.mark;
  await host.run('ip', 'link', 'delete', VMAC);
  await node.becomes('master', mark);
  t.true((await host.addresses(VMAC)).includes('10.77.0.100/24'));
});

check('the interface is made again when someone removes it, and one that is set down is a fault', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await using node = await start(host, ipv4, 200);
  await node.becomes('master');
  let mark = node.mark;
  await host.run('ip', 'link', 'delete', VMAC);
  await node.until(({ what, value }) => what === 'log' && JSON.stringify(value).includes('it was made again'), mark);
  await node.view((view) => view.adverts.sent > 1);
  t.is(node.states().at(-1), 'master', 'adverts go on');
  t.true((await host.addresses(VMAC)).includes('10.77.0.100/24'));
  mark = node.mark;
  await host.run('ip', 'link', 'set', VMAC, 'down');
  t.is(await node.becomes('fault', mark), 'interface vrrp.60 is down');
  mark = node.mark;
  await host.run('ip', 'link', 'set', VMAC, 'up');
  await node.becomes('master', mark);
  await node.view();
  t.true((await host.addresses(VMAC)).includes('10.77.0.100/24'));
  await host.run('ip', 'link', 'set', 'eth0', 'down');
  t.is(await node.becomes('fault', mark), 'interface eth0 is down');
});
