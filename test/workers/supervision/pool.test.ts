import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { fromHost, toHost } from '../../../src/wire/links/control.js';
import { createKeptFds } from '../../../src/workers/host/kept-fds.js';
import { HANGS_AFTER_MS, killedThreads } from '../../../src/workers/supervision/killed-threads.js';
import { createPool, type Pool } from '../../../src/workers/supervision/pool.js';
import type { ThreadInit } from '../../../src/workers/supervision/thread.js';
import { configWith } from '../../support/fixtures/config.js';
import { waitsIn } from '../../support/hung-mount.js';
import { until } from '../../support/until.js';

/** A proxy without a data plane, and the end by which it is commanded. */
function proxy(t: ExecutionContext): {
  readonly init: ThreadInit;
  readonly running: Promise<unknown>;
  readonly stop: () => void;
} {
  const { port1, port2 } = new MessageChannel();
  t.teardown(() => port1.close());
  const heard = async () => {
    const [value] = await once(port1, 'message');
    const decoded = fromHost.decode(value as Uint8Array);
    return decoded.kind === 'known' ? decoded.message.kind : decoded.kind;
  };
  const running = heard().then((first) => (first === 'loaded' ? heard() : first));
  const init: ThreadInit = {
    kind: 'proxy',
    host: {
      name: 'proxy-0',
      config: configWith(),
      control: port2,
      heartbeat: null,
      links: [{ kind: 'proxy', side: 'b', peer: 'dataplane' }],
      grants: [],
      driverModule: null,
      keptFds: createKeptFds(),
      held: false,
    },
  };
  const stop = () => port1.postMessage({ bytes: toHost.encode({ kind: 'stop' }), port: null, counters: null });
  return { init, running, stop };
}

function start(t: ExecutionContext): Pool {
  const pool = createPool({ memoryMb: 128, youngMb: 4 });
  t.teardown(() => pool.destroy());
  return pool;
}

test('the spare thread becomes the actor that is replaced, once, and ends with it', async (t) => {
  const pool = start(t);
  const [first, second] = [proxy(t), proxy(t)];
  t.is(pool.replace(first.init), null, 'there is none before one is kept');
  pool.keepSpare(['proxy']);
  pool.keepSpare(['proxy']);
  const thread = pool.replace(first.init);
  t.is(pool.replace(second.init), null, 'there is one, however often it is asked for');
  t.is(await first.running, 'ready');
  first.stop();
  t.deepEqual(await thread?.ended, { why: 'exit code 0', left: false });
});

test('a spare thread that is not wanted any more goes', async (t) => {
  const pool = start(t);
  pool.keepSpare(['proxy']);
  pool.keepSpare([]);
  t.is(pool.replace(proxy(t).init), null);
});

test.serial(
  'a pooled thread that was killed and hangs in a system call counts as left behind until it ends',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'fulcrum-pool-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // As a driver that opens a file of a server that does not answer.
    const driver = `import { openSync } from 'node:fs'; openSync(${JSON.stringify(pipe)});`;
    const { init } = proxy(t);
    const thread = start(t).launch({
      kind: 'dataplane',
      host: {
        ...init.host,
        name: 'dataplane',
        links: [{ kind: 'table', side: 'b', peer: 'engine' }],
        driverModule: `data:text/javascript,${encodeURIComponent(driver)}`,
        keptFds: createKeptFds(),
      },
    });
    await until(() => waitsIn(process.pid, /fifo|wait_for_partner/));
    thread.kill();
    await thread.ended;
    const left = () => killedThreads.hanging(performance.now() + HANGS_AFTER_MS);
    t.is(left(), 1);
    closeSync(openSync(pipe, constants.O_RDWR));
    await until(() => left() === 0);
  },
);
