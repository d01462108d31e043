import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ResolveError } from '../../../src/checks/probing/probe-result.js';
import type { TcpCheck } from '../../../src/checks/tcp/index.js';
import { createTcpConnectChecker, isConnectOnly } from '../../../src/checks/tcp/tcp-connect.js';
import type { Outcome, ProbeSpec } from '../../../src/model/probe.js';
import { type Clock, ns } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { tcpCheck } from '../../actors/monitor/rig.js';
import { testContext } from '../../support/fixtures/checks.js';
import { openFullListener } from '../../support/peers/full-listener.js';
import { until } from '../../support/until.js';

async function listen(t: ExecutionContext, host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

const spec = (host: string, port: number, options: Partial<TcpCheck> = {}): ProbeSpec<TcpCheck> => ({
  host,
  port,
  check: tcpCheck(options),
  mark: null,
});

/**
 * Local addresses of the connects to a port that wait for an answer, from proc_net_tcp(5). That table is read in parts, and
 * lists a socket twice when others come and go meanwhile.
 */
const waitingFrom = (port: number): string[] => {
  const locals = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , remote, state]) =>
        state === '02' && remote?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`),
    )
    .map(([, local = '']) => local);
  return [...new Set(locals)];
};

function checkerOf(t: ExecutionContext, resolve: (host: string) => Promise<string> = async (host) => host) {
  const checker = createTcpConnectChecker({ ...testContext, resolve });
  t.teardown(() => checker.close());
  const probe = (target: ProbeSpec<TcpCheck>) =>
    new Promise<Outcome>((done) => checker.prepare(target, { ended: done }).start());
  return { checker, probe };
}

for (const host of ['127.0.0.1', '::1']) {
  test.serial(`an open port of ${host} is healthy, a closed one is refused, by the same sockets`, async (t) => {
    const { server, port } = await listen(t, host);
    const { probe } = checkerOf(t);
    const target = spec(host, port);
    const open = await probe(target);
    t.like(open, { kind: 'healthy', message: 'connected' });
    t.true(open.durationNs > 0 && open.durationNs < 1e9);
    for (let i = 0; i < 20; i += 1) t.is((await probe(target)).kind, 'healthy');
    server.close();
    await once(server, 'close');
    const where = host === '::1' ? `[::1]:${port}` : `${host}:${port}`;
    const { durationNs, ...refused } = await probe(target);
    t.deepEqual(refused, { kind: 'unhealthy', cause: 'refused', message: `${where}: connection refused` });
    t.true(durationNs > 0);
    const again = await listen(t, host);
    t.is((await probe(spec(host, again.port))).kind, 'healthy', 'a socket that was refused serves again');
  });
}

test('a probe takes three packets: what it learned it does not acknowledge, so the server has nobody to accept', async (t) => {
  const { server, port } = await listen(t, '127.0.0.1');
  const { probe } = checkerOf(t);
  const accepted: (number | undefined)[] = [];
  server.on('connection', ({ remotePort }) => accepted.push(remotePort));
  for (let i = 0; i < 20; i += 1) t.is((await probe(spec('127.0.0.1', port))).kind, 'healthy');
  const other = connect(port, '127.0.0.1');
  await once(other, 'connect');
  const { localPort } = other;
  while (!accepted.includes(localPort)) await once(server, 'connection');
  other.destroy();
  t.deepEqual(accepted, [localPort], 'the other one alone');
});

test('the result comes after `start` has returned', async (t) => {
  const { port } = await listen(t, '127.0.0.1');
  const { checker } = checkerOf(t);
  let started = false;
  await new Promise<void>((resolve) => {
    const ended = (): void => {
      t.true(started);
      resolve();
    };
    checker.prepare(spec('127.0.0.1', port), { ended }).start();
    started = true;
  });
});

test('an aborted probe says nothing, not even what it knew already', async (t) => {
  const { port } = await listen(t, '127.0.0.1');
  const { checker, probe } = checkerOf(t);
  const running = checker.prepare(spec('127.0.0.1', port), { ended: () => t.fail('called') }).start();
  t.is(running.abort(), 'connect');
  // It would have been told before this one.
  await probe(spec('127.0.0.1', port));
  t.pass();
});

test('a name is resolved first, its failure is the target’s, and its time shows in the phase', async (t) => {
  const { port } = await listen(t, '127.0.0.1');
  const { checker, probe } = checkerOf(t, async (host) => {
    if (host === 'slow.test') await new Promise(() => {});
    if (host !== 'good.test') throw new ResolveError('no-such-name', `no address for ${host}`);
    return '127.0.0.1';
  });
  const good = spec('good.test', port);
  t.is((await probe(good)).kind, 'healthy');
  t.is((await probe(good)).kind, 'healthy');
  t.like(await probe(spec('bad.test', port)), {
    kind: 'unhealthy',
    cause: 'resolve',
    message: 'no address for bad.test',
  });
  const slow = checker.prepare(spec('slow.test', port), { ended: () => t.fail('called') }).start();
  t.is(slow.abort(), 'resolve');
});

test('a peer that does not answer at once is waited for', async (t) => {
  const listener = await openFullListener(t);
  const { checker, probe } = checkerOf(t);
  const aborted = checker.prepare(spec('127.0.0.1', listener.port), { ended: () => t.fail('called') }).start();
  const answered = probe(spec('127.0.0.1', listener.port));
  await until(() => waitingFrom(listener.port).length === 2);
  t.is(aborted.abort(), 'connect');
  t.is(waitingFrom(listener.port).length, 1);
  listener.drain();
  // The checker keeps no process alive: its caller's time limit does.
  const alive = setInterval(() => {}, 1000);
  const outcome = await answered;
  clearInterval(alive);
  t.is(outcome.kind, 'healthy');
  t.true(outcome.durationNs > 0.5e9, 'at the second SYN');
});

/** Probes of one prepared target, and whether each ended within the turn of the event loop that it began in. */
function preparedProbes(t: ExecutionContext, now: Clock, port: number) {
  const checker = createTcpConnectChecker({ ...testContext, now, resolve: async (host) => host });
  t.teardown(() => checker.close());
  let ended: (outcome: Outcome) => void = () => {};
  const prober = checker.prepare(spec('127.0.0.1', port), { ended: (outcome) => ended(outcome), news: () => {} });
  return async (): Promise<{ readonly atOnce: boolean; readonly outcome: Outcome }> => {
    let turns = 0;
    const count = setImmediate(() => {
      turns += 1;
    });
    const outcome = await new Promise<Outcome>((resolve) => {
      ended = resolve;
      prober.start();
    });
    clearImmediate(count);
    return { atOnce: turns === 0, outcome };
  };
}

/** How many healthy probes ended at once. Beside other loads the kernel lets a packet on the loopback wait now and then. */
async function atOnceOf(
  t: ExecutionContext,
  probe: ReturnType<typeof preparedProbes>,
  rounds: number,
): Promise<number> {
  let count = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { atOnce, outcome } = await probe();
    t.is(outcome.kind, 'healthy');
    if (atOnce) count += 1;
  }
  return count;
}

test('a peer on this host is known to be there within the same turn, on however slow a machine', async (t) => {
  const { port } = await listen(t, '127.0.0.1');
  let clock = 0;
  const slow: Clock = () => {
    clock += 1e9;
    return ns(clock);
  };
  const probe = preparedProbes(t, slow, port);
  t.true((await atOnceOf(t, probe, 40)) > 20);
});

test('a peer that did not answer at once is not asked at once the next time, and then again', async (t) => {
  const listener = await openFullListener(t);
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const probe = preparedProbes(t, monotonicNow, listener.port);
  const first = probe();
  listener.drain();
  t.like(await first, { atOnce: false, outcome: { kind: 'healthy' } });
  t.like(await probe(), { atOnce: false, outcome: { kind: 'healthy' } });
  t.true((await atOnceOf(t, probe, 40)) > 20);
});

test('each probe comes from a port of its own, and from the source address where one is set', async (t) => {
  const listener = await openFullListener(t);
  const { checker } = checkerOf(t);
  const target = spec('127.0.0.1', listener.port);
  const bound = spec('127.0.0.1', listener.port, { source: '127.9.8.7' });
  const running = [target, target, bound].map((each) =>
    checker.prepare(each, { ended: () => t.fail('called') }).start(),
  );
  const sources = waitingFrom(listener.port);
  t.is(new Set(sources).size, 3);
  t.deepEqual(sources.map((source) => source.split(':')[0]).sort(), ['0100007F', '0100007F', '0708097F']);
  for (const probe of running) probe.abort();
});

test('a source address that this host does not have is our fault', async (t) => {
  const { probe } = checkerOf(t);
  const outcome = await probe(spec('127.0.0.1', 9, { source: '192.0.2.77' }));
  t.like(outcome, { kind: 'error', shortage: 'ports' });
  t.regex(outcome.message, /^EADDRNOTAVAIL: .*source/);
});

test.serial('descriptors are given back, whatever becomes of the probes', async (t) => {
  const { port } = await listen(t, '127.0.0.1');
  const { port: closed, server } = await listen(t, '127.0.0.1');
  await once(server.close(), 'close');
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  const checker = createTcpConnectChecker({ ...testContext, resolve: async (host) => host });
  const good = spec('127.0.0.1', port);
  const bad = spec('127.0.0.1', closed);
  for (let round = 0; round < 10; round += 1) {
    const outcomes: Promise<unknown>[] = [];
    for (let i = 0; i < 200; i += 1) {
      const told = new Promise((resolve) => {
        const running = checker.prepare(i % 3 === 0 ? bad : good, { ended: resolve }).start();
        if (i % 5 === 0) resolve(running.abort());
      });
      outcomes.push(told);
    }
    await Promise.all(outcomes);
  }
  // Test files on other threads of this process open and close their own meanwhile.
  t.true(open() - before < 500, `${open() - before} are kept`);
  checker.close();
  t.true(open() - before < 500, `${open() - before} are left`);
});

test('which checks only connect', (t) => {
  t.true(isConnectOnly(tcpCheck()));
  t.true(isConnectOnly(tcpCheck({ send: new Uint8Array(), receive: new Uint8Array() })));
  t.false(isConnectOnly(tcpCheck({ tls: true })));
  t.false(isConnectOnly(tcpCheck({ send: Buffer.from('x') })));
  t.false(isConnectOnly(tcpCheck({ receive: Buffer.from('x') })));
});
