/** The embedded proxy between real programs: curl, dig, nginx, bind9; and haproxy as the one to be as good as. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { DesiredDestination, DesiredService } from '../../../src/model/dataplane/desired-service.js';
import { port as portOf } from '../../../src/model/units.js';
import { freePort } from '../../support/fixtures/ports.js';
import { dest } from '../../support/fixtures/table.js';
import { needs } from '../../support/needs.js';
import { type ServerProcess, startServer } from '../../support/peers/server-process.js';
import { toolPath } from '../../support/peers/tool-path.js';
import { bounded } from '../../support/programs/run-in-test.js';
import { type DataplaneRig, startDataplane } from '../../support/rigs/dataplane-rig.js';
import { backend, dial, readAll } from '../../support/rigs/proxy-rig.js';

const LARGE_BYTES = 10 * 1024 * 1024;

function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-proxy-'));
  // nginx and bind9 give up root before they read their files.
  chmodSync(directory, 0o777);
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

type Nginx = { readonly port: number; readonly process: ServerProcess };

async function startNginx(t: ExecutionContext, name: string, more = ''): Promise<Nginx> {
  const directory = temporaryDirectory(t);
  const port = await freePort();
  const large = randomBytes(1024 * 1024);
  writeFileSync(join(directory, 'large'), Buffer.concat(new Array(LARGE_BYTES / large.length).fill(large)), {
    mode: 0o644,
  });
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr notice;
     events { worker_connections 512; }
     http {
       access_log off; root ${directory}; client_body_temp_path ${directory}/body; client_max_body_size 0;
       proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
       server { listen 127.0.0.1:${port}; location / { return 200 "${name}\\n"; } location /large { ${more} } }
     }`,
  );
  const process = await startServer({ command: 'nginx', args: ['-c', file], ready: /start worker process \d+/ });
  t.teardown(() => process.stop());
  return { port, process };
}

type Ended = { readonly code: number | null; readonly out: Buffer; readonly error: string };

async function run(command: string, args: readonly string[], input?: Buffer): Promise<Ended> {
  const child = spawn(command, args, { ...bounded, env: { ...process.env, PATH: toolPath() } });
  const out: Buffer[] = [];
  const error: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => error.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: Buffer.concat(out), error: Buffer.concat(error).toString() };
}

const curl = (...args: readonly string[]) => run('curl', ['-sS', '--max-time', '30', ...args]);
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const to = (port: number, more: Partial<DesiredDestination> = {}): DesiredDestination =>
  dest('127.0.0.1', port, { backend: `b${port}`, ...more });
const service = (
  port: number,
  destinations: readonly DesiredDestination[],
  more: Partial<DesiredService> = {},
  protocol: 'tcp' | 'udp' = 'tcp',
): DesiredService => ({
  name: 'web',
  match: { kind: 'address', address: '127.0.0.1', port: portOf(port), protocol },
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations,
  ...more,
});

/** Tells the service, and waits until the proxy has it so. */
async function serve(rig: DataplaneRig, wanted: DesiredService): Promise<void> {
  rig.tell(wanted);
  rig.complete();
  await rig.until(async () => {
    const held = (await rig.call('table', {})).services[0]?.destinations.map(({ port, weight }) => `${port}*${weight}`);
    return held?.join() === wanted.destinations.map(({ port, weight }) => `${port}*${weight}`).join();
  });
}

needs('nginx', 'curl')('curl is answered by both nginx in turn, and by the other one when one is killed', async (t) => {
  const rig = await startDataplane(t);
  const [a, b] = [await startNginx(t, 'a'), await startNginx(t, 'b')];
  const port = await freePort();
  await serve(rig, service(port, [to(a.port), to(b.port)]));
  const url = `http://127.0.0.1:${port}/`;
  const answers = [];
  for (let index = 0; index < 4; index++) answers.push((await curl(url)).out.toString().trim());
  t.deepEqual(answers.toSorted(), ['a', 'a', 'b', 'b']);
  await a.process.stop();
  // Before any check noticed: the proxy tries another one.
  for (let index = 0; index < 4; index++) t.is((await curl(url)).out.toString(), 'b\n');
});

needs('nginx', 'curl')(
  'a running download outlives a drain, and is whole; new clients go elsewhere meanwhile',
  async (t) => {
    const rig = await startDataplane(t);
    const [a, b] = [await startNginx(t, 'a', 'limit_rate 5m;'), await startNginx(t, 'b', 'limit_rate 5m;')];
    const port = await freePort();
    await serve(rig, service(port, [to(a.port)]));
    const download = curl(`http://127.0.0.1:${port}/large`);
    const active = async () => (await rig.call('table', {})).services[0]?.destinations[0]?.active_connections;
    await rig.until(async () => (await active()) === 1);
    await serve(rig, service(port, [to(a.port, { weight: 0, draining: true }), to(b.port)]));
    t.is((await curl(`http://127.0.0.1:${port}/`)).out.toString(), 'b\n');
    t.is(await active(), 1);
    const { code, out } = await download;
    t.is(code, 0);
    t.is(out.length, LARGE_BYTES);
    t.is(sha(out), sha((await curl(`http://127.0.0.1:${a.port}/large`)).out));
    await rig.until(() => rig.heard.some((message) => message.kind === 'connections' && message.active === 0));
  },
);

needs('nginx', 'curl')(
  'a backend taken out in the middle of a download is an error for curl, never a short file',
  async (t) => {
    const rig = await startDataplane(t);
    const a = await startNginx(t, 'a', 'limit_rate 1m;');
    const port = await freePort();
    await serve(rig, service(port, [to(a.port)]));
    const download = curl('--http1.0', '--ignore-content-length', `http://127.0.0.1:${port}/large`);
    await rig.until(async () => ((await rig.call('table', {})).services[0]?.destinations[0]?.bytes_out ?? 0) > 0);
    await serve(rig, service(port, []));
    const { code, error } = await download;
    t.is(code, 56, error);
  },
);

needs('named', 'dig')('dig is answered by bind9 through a UDP service and through a TCP service', async (t) => {
  const rig = await startDataplane(t);
  const directory = temporaryDirectory(t);
  const dnsPort = await freePort();
  const file = join(directory, 'named.conf');
  writeFileSync(
    file,
    `options { directory "${directory}"; pid-file none; session-keyfile none; listen-on port ${dnsPort} { 127.0.0.1; };
       listen-on-v6 { none; }; recursion no; dnssec-validation no; };
     controls { };
     zone "example.test" { type primary; file "${directory}/zone"; };`,
  );
  writeFileSync(
    join(directory, 'zone'),
    '$TTL 60\n@ IN SOA ns hostmaster 1 60 60 60 60\n@ IN NS ns\nns IN A 127.0.0.1\nwww IN A 192.0.2.80\n',
  );
  const named = await startServer({ command: 'named', args: ['-g', '-c', file], ready: /running$/ });
  t.teardown(() => named.stop());
  const port = await freePort();
  rig.tell(service(port, [to(dnsPort)], { name: 'dns-tcp' }));
  await serve(rig, service(port, [to(dnsPort)], { name: 'dns', onePacket: true }, 'udp'));
  for (const more of [['+notcp'], ['+tcp']]) {
    const { out } = await run('dig', [
      '@127.0.0.1',
      '-p',
      String(port),
      '+short',
      '+time=5',
      ...more,
      'www.example.test',
    ]);
    t.is(out.toString(), '192.0.2.80\n', more.join());
  }
});

needs('haproxy')('clients and backends see the same through the proxy as through haproxy', async (t) => {
  const rig = await startDataplane(t);
  const directory = temporaryDirectory(t);
  const body = randomBytes(3 * 1024 * 1024);
  const heard: string[] = [];
  // What the client asks for in its first byte.
  const scripted = await backend(t, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      if (chunks.length === 1 && all[0] === 0x72)
        socket.write('partial', () => setImmediate(() => socket.resetAndDestroy()));
      if (chunks.length === 1 && all[0] === 0x66) socket.end('said all');
    });
    socket.on('end', () => {
      heard.push(sha(Buffer.concat(chunks)));
      if (chunks[0]?.[0] === 0x65) socket.end(Buffer.concat(chunks));
    });
  });
  const [port, haproxyPort] = [await freePort(), await freePort()];
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 100
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen l
  bind 127.0.0.1:${haproxyPort}
  server a 127.0.0.1:${scripted.port}
`,
  );
  const haproxy = await startServer({ command: 'haproxy', args: ['-db', '-V', '-f', file], ready: /^Using epoll/ });
  t.teardown(() => haproxy.stop());
  await serve(rig, service(port, [to(scripted.port)]));

  const scripts: Record<string, (through: number) => Promise<string>> = {
    'half-close, then a whole echo': async (through) => {
      const socket = dial(t, through);
      socket.end(Buffer.concat([Buffer.from('e'), body]));
      return sha(await readAll(socket));
    },
    'the backend closes first, and still hears all': async (through) => {
      const socket = dial(t, through);
      socket.write('f');
      const answer = (await readAll(socket)).toString();
      const before = heard.length;
      socket.end(body);
      await rig.until(() => heard.length > before);
      return `${answer} ${heard.at(-1)}`;
    },
  };
  for (const [title, script] of Object.entries(scripts)) t.is(await script(port), await script(haproxyPort), title);
  // haproxy makes an ordinary end of a reset; here it stays what it is, so that half an answer never looks whole.
  const socket = dial(t, port);
  socket.write('r');
  await t.throwsAsync(readAll(socket), { code: 'ECONNRESET' });
});
