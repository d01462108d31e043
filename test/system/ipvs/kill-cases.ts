/**
 * The whole daemon is killed while its table is full and traffic flows, and is started again: what the kernel goes on with,
 * and what the next start writes. ipvsadm reads the table; the daemon's own count of writes says what it changed. The cases
 * are the steps of one story.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ipvsadm, savedLines } from '../../support/peers/ipvsadm.js';
import type { GuestCases } from '../../support/rigs/guest.js';
import { run, until } from '../../support/rigs/vrrp/lab.js';

const directory = '/run/fulcrum';
const stateDir = `${directory}/state`;
const FOREIGN = ['-A -t 10.9.9.9:80 -s rr', '-a -t 10.9.9.9:80 -r 10.9.9.10:80 -m -w 3'];
/** A backend for each name; its port says which. */
const PORTS = { a: 8081, b: 8082, c: 8083 } as const;
type Name = keyof typeof PORTS;

const service = (name: string, port: number, backends: readonly Name[], more: object = {}) => ({
  name,
  address: '127.0.0.1',
  port,
  scheduler: 'rr',
  checks: [{ type: 'tcp', interval: '2s', timeout: '2s', retries: 5 }],
  backends: backends.map((each) => ({ name: each, address: '127.0.0.1', port: PORTS[each] })),
  ...more,
});
const web = service('web', 8000, ['a', 'c'], { drain_timeout: '60s' });
const pair = service('pair', 8001, ['a', 'b']);
const old = service('old', 8002, ['a']);
const entry = (port: number, ...backends: readonly (readonly [name: Name, weight: number])[]): readonly string[] => [
  `-A -t 127.0.0.1:${port} -s rr`,
  ...backends.map(([name, weight]) => `-a -t 127.0.0.1:${port} -r 127.0.0.1:${PORTS[name]} -m -w ${weight}`),
];
const both = (...lines: readonly (readonly string[])[]) => [...FOREIGN, ...lines.flat()].toSorted();

/** Services of the big batch. */
const MANY = 500;

let daemon: ChildProcess;
let log = '';
let starts = 0;

function start(...services: readonly object[]): void {
  const document = {
    node: { state_dir: stateDir },
    control: { socket: `${directory}/socket`, http: null, grpc: null },
    dataplane: { driver: 'ipvs', manage: 'own', on_stop: 'keep', reconcile_interval: '1s' },
    runtime: { monitor_shards: 1 },
    services,
  };
  writeFileSync(`${directory}/config.yaml`, JSON.stringify(document));
  starts += 1;
  log = `${directory}/log${starts}`;
  const said = openSync(log, 'a');
  daemon = spawn(process.execPath, ['bin/fulcrum.js', 'run', '-c', `${directory}/config.yaml`], {
    stdio: ['ignore', said, said],
  });
}

async function kill(): Promise<void> {
  const gone = once(daemon, 'exit');
  daemon.kill('SIGKILL');
  await gone;
}

const apiListens = () => until('the API', logged, (seen) => seen.includes('control.socket listens'));
const logged = (): string => readFileSync(log, 'utf8');
const ask = (method: string, path: string): string =>
  run(`curl -sf --max-time 20 --unix-socket ${directory}/socket -X ${method} http://fulcrum${path}`);
const tableIs = (what: string, lines: readonly string[]) =>
  until(what, savedLines, (seen) => seen.join('\n') === lines.join('\n'));
/** What this life of the daemon wrote, by kind of change; told to the gateway about once a second, so a moment later. */
const wrote = (expected: Readonly<Record<string, number>>) =>
  until(
    `writes ${JSON.stringify(expected)}`,
    () => [...ask('GET', '/metrics').matchAll(/^fulcrum_ipvs_updates_total\{op="([\w-]+)",result="ok"\} (\d+)$/gm)],
    (lines) => isDeepStrictEqual(Object.fromEntries(lines.map(([, op = '', count]) => [op, Number(count)])), expected),
  );
const healthy = (name: string, count: number) =>
  until(
    `${name} has ${count} healthy backends`,
    () => ask('GET', `/api/v1/services/${name}`),
    (view) => (view.match(/"state":"healthy","why"/g) ?? []).length === count,
  );
/** Connections that the kernel has counted for a service since it was made. */
const counted = (port: number): number =>
  Number(/^TCP +\S+ +(\d+)/m.exec(ipvsadm(`-L -n --stats --exact -t 127.0.0.1:${port}`))?.[1]);

const servers = new Map<Name, Server>();
const accepted = new Map<Name, Set<Socket>>();
async function serve(name: Name): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.write(name);
    socket.pipe(socket);
  }).listen(PORTS[name], '127.0.0.1');
  await once(server, 'listening');
  servers.set(name, server);
  accepted.set(name, sockets);
}
function stopServing(name: Name): void {
  servers.get(name)?.close();
  for (const socket of accepted.get(name) ?? []) socket.destroy();
}

/**
 * Clients have an address of their own. A check from the address of a client whose connection went through IPVS may be given the
 * client's port as well: its answers would be taken for that connection's.
 */
const CLIENT = '127.0.0.3';

/** A connection, and the backend that greeted it. */
async function dial(port: number): Promise<{ readonly socket: Socket; readonly name: string }> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: CLIENT });
  const [greeting] = (await once(socket, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer];
  return { socket: socket.on('error', () => undefined), name: greeting.toString() };
}
async function dialTo(port: number, name: Name): Promise<Socket> {
  for (;;) {
    const made = await dial(port);
    if (made.name === name) return made.socket;
    made.socket.destroy();
  }
}
async function echoes(socket: Socket): Promise<void> {
  socket.write('still there');
  const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer];
  assert.equal(answer.toString(), 'still there');
}

/** New connections to a service without pause; how many were answered, and what became of the others. */
function traffic(port: number) {
  const failures: string[] = [];
  let answered = 0;
  let flows = true;
  const done = (async () => {
    while (flows) {
      try {
        (await dial(port)).socket.destroy();
        answered += 1;
      } catch (error) {
        failures.push(String(error));
      }
      await sleep(100);
    }
  })();
  return {
    answered: () => answered,
    stop: async () => {
      flows = false;
      await done;
      assert.deepEqual(failures, []);
      assert.ok(answered > 0);
    },
  };
}
let flow: ReturnType<typeof traffic>;
let kept: Socket;
let drained: Socket;

let failed = false;
/** Tells what the daemon logged where a step fails; what follows it cannot be. */
const step = (body: () => Promise<void>) => async () => {
  assert.ok(!failed, 'an earlier step failed');
  await body().catch((error: unknown) => {
    failed = true;
    throw new Error(`${error instanceof Error ? error.stack : String(error)}\n--- log\n${logged().slice(-6000)}`);
  });
};

export const cases: GuestCases = {
  'the kernel goes on forwarding with the table as it was when the daemon is killed': step(async () => {
    mkdirSync(directory);
    ipvsadm('-C');
    for (const line of FOREIGN) ipvsadm(line);
    for (const name of ['a', 'b', 'c'] as const) await serve(name);
    start(web, pair, old);
    await tableIs(
      'the whole table',
      both(entry(8000, ['a', 1], ['c', 1]), entry(8001, ['a', 1], ['b', 1]), entry(8002, ['a', 1])),
    );
    await apiListens();
    kept = await dialTo(8000, 'a');
    drained = await dialTo(8000, 'c');
    ask('POST', '/api/v1/backends/c/drain?service=web');
    const before = both(entry(8000, ['a', 1], ['c', 0]), entry(8001, ['a', 1], ['b', 1]), entry(8002, ['a', 1]));
    await tableIs('c drains', before);
    await until(
      'the drain is remembered',
      () => readFileSync(`${stateDir}/engine-state.ndjson`, 'utf8'),
      (seen) => seen.includes('"draining"'),
    );
    flow = traffic(8000);
    await until('traffic', flow.answered, (count) => count > 3);
    await kill();
    const answered = flow.answered();
    await until('traffic goes on', flow.answered, (count) => count > answered + 5);
    assert.deepEqual(savedLines(), before);
    await echoes(kept);
    await echoes(drained);
  }),

  'the next start takes its own over: it removes what died or is not configured any more, and writes nothing else':
    step(async () => {
      stopServing('b');
      const connections = counted(8000);
      start(web, pair);
      const after = both(entry(8000, ['a', 1], ['c', 0]), entry(8001, ['a', 1]));
      await tableIs('the configuration’s table', after);
      assert.match(logged(), /last known states resumed/);
      await echoes(kept);
      await echoes(drained);
      // The drain goes on where it was: the backend goes with its last connection.
      drained.destroy();
      await tableIs('c is drained', both(entry(8000, ['a', 1]), entry(8001, ['a', 1])));
      await apiListens();
      assert.match(ask('GET', '/api/v1/services/web'), /drained by an operator: no connections were left/);
      await wrote({ 'remove-destination': 2, 'remove-service': 1 });
      await until(
        'the counters went on',
        () => counted(8000),
        (seen) => seen > connections,
      );
      await echoes(kept);
      await flow.stop();
    }),

  'state files that are torn or garbage, and a kill within a big batch of writes: nothing that is there is written again, or lost':
    step(async () => {
      await serve('b');
      await tableIs('b is back', both(entry(8000, ['a', 1]), entry(8001, ['a', 1], ['b', 1])));
      const flows = [traffic(8000), traffic(8001)];
      await kill();
      const engineState = `${stateDir}/engine-state.ndjson`;
      truncateSync(engineState, readFileSync(engineState).length - 20);
      writeFileSync(`${stateDir}/dataplane-ipvs.json`, Buffer.from([0, 255, 254, 123]));
      const many = Array.from({ length: MANY }, (_, index) => ({
        ...service(`s${index}`, 20_000 + index, []),
        address: '127.0.0.2',
      }));
      start(web, pair, ...many);
      const count = () =>
        readFileSync('/proc/net/ip_vs', 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('TCP')).length;
      // Looks often: the batch takes a fraction of a second.
      for (const end = Date.now() + 120_000; count() < 50 && Date.now() < end; ) await sleep(5);
      await kill();
      assert.match(
        logged(),
        /"file":"[^"]+dataplane-ipvs\.json","why":".+","movedTo":"[^"]+\.json\.damaged-\d+".*taken over/,
      );
      assert.match(
        logged(),
        /"file":"[^"]+\.ndjson","why":"it is cut short","movedTo":"[^"]+\.damaged-\d+".*enabled again/,
      );
      const before = savedLines();
      const written = before.filter((line) => line.includes('-A -t 127.0.0.2:')).length;
      // All of them, where this process was kept from looking for as long as the batch took.
      assert.ok(written > 0);
      start(web, pair, ...many);
      const lines = many.map(({ port }) => `-A -t 127.0.0.2:${port} -s rr`);
      // The operator's word on c was lost with the file: one of the two lives adds it.
      await tableIs('the table', both(entry(8000, ['a', 1], ['c', 1]), entry(8001, ['a', 1], ['b', 1]), lines));
      await apiListens();
      await healthy('pair', 2);
      const hadC = before.some((line) => line.includes(`-r 127.0.0.1:${PORTS.c}`));
      await wrote({
        ...(written === MANY ? {} : { 'add-service': MANY - written }),
        ...(hadC ? {} : { 'add-destination': 1 }),
      });
      await echoes(kept);
      for (const one of flows) await one.stop();
    }),
};
