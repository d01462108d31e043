/** The daemon and a service manager, as systemd is one to `Type=notify`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { receiveNotifications } from '../support/notify-receiver.js';
import { startFulcrum } from '../support/rigs/fulcrum-process.js';

const FIRST_WORD = /^(READY|RELOADING|STOPPING|WATCHDOG)=/;

function scratch(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-notify-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const canConnect = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

test('a daemon says when its doors are open, feeds the watchdog, and tells of a reload and of its end', async (t) => {
  const directory = scratch(t);
  using manager = receiveNotifications(join(directory, 'notify'));
  const { heard } = manager;
  const socket = join(directory, 'fulcrum.sock');
  const file = join(directory, 'config.yaml');
  const document = {
    node: { state_dir: join(directory, 'state') },
    control: { socket, http: null },
    dataplane: { driver: 'dry-run' },
    runtime: { monitor_shards: 1 },
  };
  writeFileSync(file, JSON.stringify(document));
  const daemon = startFulcrum(t, ['run', '-c', file], { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: '900000' });
  await heard.until((text) => text === 'READY=1');
  t.true(await canConnect(socket), 'whoever is told that it serves can ask it');
  const { mark } = heard;
  await heard.until((text) => text === 'WATCHDOG=1', mark);
  await heard.until((text) => /^STATUS=services: 0, VRRP instances: 0, actors: \d+$/.test(text));

  const before = heard.mark;
  daemon.child.kill('SIGHUP');
  await heard.until((text) => /^RELOADING=1\nMONOTONIC_USEC=\d+$/.test(text), before);
  await heard.until((text) => text === 'READY=1', before);

  const last = heard.mark;
  t.is(await daemon.stop(), 0);
  await heard.until((text) => text.startsWith('STOPPING=1'), last);
  const words = heard.items.flatMap((text) => FIRST_WORD.exec(text)?.[1] ?? []).filter((word) => word !== 'WATCHDOG');
  t.deepEqual(words, ['READY', 'RELOADING', 'READY', 'STOPPING']);
});

test('a daemon that cannot start says why, and never that it serves', async (t) => {
  const directory = scratch(t);
  using manager = receiveNotifications(join(directory, 'notify'));
  const { heard } = manager;
  const file = join(directory, 'config.yaml');
  const document = {
    node: { state_dir: join(directory, 'state') },
    control: { socket: file, http: null },
    dataplane: { driver: 'dry-run' },
  };
  writeFileSync(file, JSON.stringify(document));
  startFulcrum(t, ['run', '-c', file], { NOTIFY_SOCKET: manager.name });
  await heard.until((text) => /^STATUS=gateway did not start: .*is not a socket/.test(text));
  t.false(heard.items.includes('READY=1'));
});

test('the HAProxy agent and the health-check server say that they serve too', async (t) => {
  const directory = scratch(t);
  for (const args of [
    ['agent', '--listen', '127.0.0.1:0'],
    ['healthcheck-server', '--socket', join(directory, 'h.sock')],
  ]) {
    using manager = receiveNotifications(`@fulcrum-notify-${process.pid}-${args[0]}`);
    const daemon = startFulcrum(t, args, { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: '900000' });
    await manager.heard.until((text) => text === 'READY=1');
    const { mark } = manager.heard;
    await manager.heard.until((text) => text === 'WATCHDOG=1', mark);
    await daemon.stop();
    await manager.heard.until((text) => text.startsWith('STOPPING=1'), mark);
  }
  t.pass();
});
