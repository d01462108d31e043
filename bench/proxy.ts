/**
 * The embedded proxy beside haproxy in TCP mode with one thread: the same nginx behind, the same wrk and curl in front, in
 * turns. `fulcrum bench proxy`.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchOptions } from './support/bench.js';
import { startPeer } from './support/peer.js';
import { cpuUsOf } from './support/process-figures.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';
import { rounds } from './support/stats.js';

const run = promisify(execFile);

/** Connections that wrk holds: enough to keep one thread busy. */
const CONNECTIONS = 64;
const LARGE_BYTES = 200 * 1024 * 1024;

export type ProxyBenchOptions = {
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** TCP ports of 127.0.0.1 that are free: for nginx, haproxy and the proxy. */
  readonly ports: readonly [number, number, number];
};

type Load = 'requests' | 'connections' | 'bytes';
type Measured = { readonly perSecond: number; readonly cpuUs: number };

const loads: Readonly<Record<Load, { readonly what: string; readonly unit: string }>> = {
  requests: { what: 'requests on kept connections', unit: 'request' },
  connections: { what: 'a connection per request', unit: 'connection' },
  bytes: { what: 'one download of 200 MB', unit: 'MB' },
};

const defaults: ProxyBenchOptions = { seconds: 5, rounds: 3, ports: [18_380, 18_381, 18_382] };
const short = { seconds: 1, rounds: 1 };

export async function runProxyBench(wanted: BenchOptions & Partial<ProxyBenchOptions>): Promise<Report> {
  const options = { ...defaults, ...(wanted.quick ? short : {}), ...wanted };
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-proxy-'));
  const [nginxPort, haproxyPort, ourPort] = options.ports;
  const peers = [
    await startPeer('nginx', ['-c', nginxConfig(directory, nginxPort)], /start worker process \d+/),
    await startPeer('haproxy', ['-db', '-V', '-f', haproxyConfig(directory, haproxyPort, nginxPort)], /^Using epoll/),
    await startPeer(
      process.execPath,
      [fileURLToPath(new URL('./proxy-child.js', import.meta.url)), String(ourPort), String(nginxPort)],
      /ready/,
    ),
  ];
  try {
    const [, haproxy, ours] = peers;
    const contenders = [
      { name: 'haproxy', port: haproxyPort, pid: haproxy?.pid ?? 0 },
      { name: 'fulcrum', port: ourPort, pid: ours?.pid ?? 0 },
    ];
    const found = new Map<string, Measured[]>();
    const kinds = Object.keys(loads) as Load[];
    const bar = progress('proxy', kinds.length * contenders.length * options.rounds);
    for (let round = 0; round < options.rounds; round++) {
      for (const load of kinds) {
        for (const { name, port, pid } of contenders) {
          const key = `${load} ${name}`;
          found.set(key, [...(found.get(key) ?? []), await measure(load, port, pid, options.seconds)]);
          bar.tick(1, key);
        }
      }
    }
    bar.done();
    return reportOf(found, kinds);
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(load: Load, port: number, pid: number, seconds: number): Promise<Measured> {
  const before = cpuUsOf(pid);
  const startedMs = performance.now();
  const amount = await put(load, port, seconds);
  const tookS = (performance.now() - startedMs) / 1000;
  return { perSecond: amount / tookS, cpuUs: (cpuUsOf(pid) - before) / amount };
}

/** Puts one load on, and answers with how many units of it came through. */
async function put(load: Load, port: number, seconds: number): Promise<number> {
  if (load === 'bytes') {
    const url = `http://127.0.0.1:${port}/large`;
    const { stdout } = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{size_download}', url]);
    if (Number(stdout) !== LARGE_BYTES) throw new Error(`curl got ${stdout} of ${LARGE_BYTES} bytes`);
    return LARGE_BYTES / 2 ** 20;
  }
  const close = load === 'connections' ? ['-H', 'Connection: close'] : [];
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, ...close, `http://127.0.0.1:${port}/`];
  const { stdout } = await run('wrk', args);
  const errors = /Non-2xx.*|Socket errors.*/.exec(stdout);
  // A connection that is closed after its answer counts as a read error for wrk.
  if (errors !== null && load === 'requests') throw new Error(`wrk: ${errors[0]}`);
  return Number(/(\d+) requests in/.exec(stdout)?.[1] ?? Number.NaN);
}

function reportOf(found: ReadonlyMap<string, readonly Measured[]>, kinds: readonly Load[]): Report {
  const median = (load: Load, name: string, of: keyof Measured) =>
    rounds((found.get(`${load} ${name}`) ?? []).map((one) => one[of])).median;
  const rows = kinds.map((load) => {
    const [theirs, ours] = [median(load, 'haproxy', 'perSecond'), median(load, 'fulcrum', 'perSecond')];
    const [theirCpu, ourCpu] = [median(load, 'haproxy', 'cpuUs'), median(load, 'fulcrum', 'cpuUs')];
    const { what, unit } = loads[load];
    return [what, unit, theirs, ours, ours / theirs, theirCpu, ourCpu, ourCpu / theirCpu];
  });
  return {
    title: 'The embedded proxy beside haproxy',
    sections: [
      {
        kind: 'table',
        title: 'Throughput and cost',
        note: `Medians. ${CONNECTIONS} connections of wrk; haproxy in TCP mode with one thread; CPU is the proxy's own, in us per unit.`,
        columns: ['load', 'unit', 'haproxy /s', 'fulcrum /s', 'ratio', 'haproxy CPU', 'fulcrum CPU', 'ratio'],
        rows,
      },
    ],
    data: Object.fromEntries(found),
  };
}

function nginxConfig(directory: string, port: number): string {
  writeFileSync(join(directory, 'large'), '');
  truncateSync(join(directory, 'large'), LARGE_BYTES);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${directory};`);
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `user root; daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr notice;
     events { worker_connections 4096; }
     http {
       access_log off; keepalive_requests 1000000000; root ${directory}; ${temporary.join(' ')}
       server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "hello\\n"; } location /large { sendfile on; } }
     }`,
  );
  return file;
}

function haproxyConfig(directory: string, port: number, backend: number): string {
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:${port}
  server a 127.0.0.1:${backend}
`,
  );
  return file;
}
