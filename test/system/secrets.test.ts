/** Plants a secret in every secret field of the schema, lets servers repeat what they get, and looks for it at every way out. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { secretFields } from '../../src/wire/secrets/secret-fields.js';
import { tcpServer } from '../support/peers/servers.js';
import { grpcClients, messagesOf, TOKEN } from '../support/rigs/grpc-rig.js';
import { runFulcrum, startFulcrum } from '../support/rigs/run-fulcrum.js';
import { textFields } from '../support/secret-schema.js';
import { until } from '../support/until.js';

/** Each begins so: a cut one is found too. Its other characters are spelled otherwise by everything that encodes. */
const MARK = 'pl4nt';
const plant = (name: string): string => `${MARK}-${name}/7+k="q`;
const inUrl = (name: string): string => encodeURIComponent(plant(name));
/** In a header, where a quote would end a cookie. */
const inHeader = (name: string): string => `${MARK}-${name}/7+k`;

/** In plain text, and after one or two other characters in base64. */
const FORMS = [0, 1, 2].map((lead) => {
  const text = Buffer.from(`${' '.repeat(lead)}${MARK}-`).toString('base64');
  return text.slice(Math.ceil((lead * 8) / 6), Math.floor(((lead + MARK.length + 1) * 8) / 6));
});
const LEAK = new RegExp(`.{0,60}(?:${[MARK, ...FORMS].join('|')}).{0,60}`);

/** What a request has of secrets comes first, then all of it, in one line. */
const echoOf = (bytes: Buffer): string => {
  const text = bytes.toString('latin1').replace(/[\r\n]+/g, ' ');
  const at = text.indexOf(MARK);
  return `${at === -1 ? '' : text.slice(at)} ${text}`.trim();
};

async function echoServers(t: ExecutionContext) {
  const http = await tcpServer(t, (socket) => {
    socket.on('data', (bytes) => {
      const words = echoOf(bytes);
      socket.end(`HTTP/1.1 500 ${words}\r\nContent-Length: ${words.length}\r\nConnection: close\r\n\r\n${words}`);
    });
  });
  const basic = await tcpServer(t, (socket) => {
    socket.on('data', (bytes) => {
      const [, login = ''] = /authorization: (.*)/i.exec(bytes.toString()) ?? [];
      socket.end(`HTTP/1.1 500 ${login}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
  });
  const tcp = await tcpServer(t, (socket) => socket.on('data', (bytes) => socket.end(bytes)));
  const redis = await tcpServer(t, (socket) => {
    socket.on('data', (bytes) => socket.end(`-ERR no such command: ${echoOf(bytes)}\r\n`));
  });
  const postgres = await tcpServer(t, (socket) => {
    let startup = '';
    socket.on('data', (bytes) => {
      if (startup === '') {
        startup = bytes.toString('utf8', 8).replaceAll('\0', ' ');
        // AuthenticationCleartextPassword.
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
        return;
      }
      const words = `password "${bytes.toString('utf8', 5).replace('\0', '')}" is wrong: ${startup}`;
      const fields = Buffer.from(`SFATAL\0C28P01\0M${words}\0\0`);
      const head = Buffer.alloc(5);
      head.write('E');
      head.writeUInt32BE(fields.length + 4, 1);
      socket.end(Buffer.concat([head, fields]));
    });
  });
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => socket.send(bytes, port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { http, basic, tcp, redis, postgres, udp: socket.address().port };
}

type Ports = Awaited<ReturnType<typeof echoServers>>;

/** By `owner.field`: what stands there, of checks and components alike. */
const plants = (ports: Ports): Readonly<Record<string, readonly object[]>> => {
  const every = { interval: '1s', timeout: '800ms' };
  const http = { ...every, type: 'http', port: ports.http };
  const body = { expected_codes: [], receive: 'OK' };
  const redisUrl = `redis://${inUrl('redis-user')}:${inUrl('redis-password')}@127.0.0.1:${ports.redis}/0?x=${inUrl('redis-parameter')}`;
  const postgresUrl = `postgres://${inUrl('pg-user')}:${inUrl('pg-password')}@127.0.0.1:${ports.postgres}/${inUrl('pg-database')}?password=${inUrl('pg-parameter')}`;
  const qdrantUrl = `http://${inUrl('qdrant-user')}:${inUrl('qdrant-password')}@127.0.0.1:${ports.basic}/${inUrl('qdrant-path')}?api_key=${inUrl('qdrant-parameter')}`;
  return {
    'http.path': [
      { ...http, path: `/x?token=${inUrl('http-token')}` },
      { ...http, path: `/x?token=${inHeader('http-raw-token')}`, ...body },
      { ...http, path: `/x?${inUrl('http-query')}`, expected_codes: [], receive_regex: 'OK' },
    ],
    'paths.path': [{ ...http, paths: [{ path: `/y?token=${inUrl('http-paths')}` }] }],
    'http.headers': [
      { ...http, headers: { Authorization: `Bearer ${inHeader('http-bearer')}` } },
      { ...http, headers: { 'X-Api-Key': inHeader('http-key') }, ...body },
      { ...http, headers: { Cookie: `a=1; sid=${inHeader('http-cookie')}` } },
      { ...http, headers: { Accept: inHeader('http-accept') } },
      {
        ...http,
        port: ports.basic,
        headers: { Authorization: `Basic ${Buffer.from(`me:${plant('http-basic')}`).toString('base64')}` },
      },
    ],
    'http.body': [
      { ...http, method: 'POST', body: `{"password":"${inHeader('http-body')}"}` },
      { ...http, method: 'POST', body: `login ${inHeader('http-word')}`, ...body },
    ],
    'tcp.send': [
      {
        ...every,
        type: 'tcp',
        port: ports.tcp,
        send: `AUTH ${inHeader('tcp-send')}\\r\\n`,
        receive: 'AUTH OK and more than is sent',
      },
      { ...every, type: 'tcp', port: ports.tcp, send: inHeader('tcp-cut'), receive: 'twelve bytes' },
    ],
    'udp.send': [{ ...every, type: 'udp', port: ports.udp, send: inHeader('udp-send'), receive: 'OK' }],
    'radius.username': [
      {
        ...every,
        type: 'radius',
        port: ports.udp,
        username: plant('radius-user'),
        password: plant('radius-password'),
        secret: plant('radius-secret'),
      },
    ],
    'radius.password': [],
    'radius.secret': [],
    'redis.url': [{ ...every, type: 'redis', url: redisUrl }],
    'postgres.url': [{ ...every, type: 'postgres', url: postgresUrl }],
    'qdrant.url': [{ ...every, type: 'qdrant', url: qdrantUrl }],
    // Of VRRP, which needs rights: test/system/vrrp has it. A file's path has no query.
    'password.password': [],
    'file.path': [],
    'hmac.keys': [],
    'files.path': [],
    // In hooks.
    'hooks.url': [],
    'hooks.headers': [],
    'mail.url': [],
  };
};

/** They fail, and tell why: nobody is there, and the server says again what it hears. */
const hooksOf = (ports: Ports) => [
  {
    name: 'chat',
    on: ['backend-state', 'service-state', 'actor'],
    url: `http://${inUrl('hook-user')}:${inUrl('hook-password')}@127.0.0.1:${ports.http}/${inUrl('hook-path')}?key=${inUrl('hook-parameter')}`,
    headers: { Authorization: `Bearer ${inHeader('hook-bearer')}` },
  },
  {
    name: 'mail',
    on: ['backend-state', 'actor'],
    mail: {
      url: `smtp://${inUrl('mail-user')}:${inUrl('mail-password')}@127.0.0.1:${ports.tcp}`,
      from: 'a@b.example',
      to: ['c@d.example'],
    },
  },
];

const documentOf = (ports: Ports, directory: string, format: 'json' | 'pretty') => {
  const checks = Object.values(plants(ports)).flat();
  const urls = checks.filter((check): check is { type: string; url: string } => 'url' in check);
  return {
    node: { state_dir: join(directory, 'state') },
    dataplane: { driver: 'dry-run' },
    runtime: { monitor_shards: 1 },
    log: { level: 'debug', format },
    services: [
      {
        name: 'web',
        address: '127.0.0.1',
        port: 80,
        backends: checks.map((check, index) => ({
          name: `b${index}`,
          address: '127.0.0.1',
          port: index + 1,
          checks: [check],
        })),
      },
    ],
    hooks: hooksOf(ports),
    health: { components: urls.map(({ type, url }) => ({ name: type, type, url })) },
  };
};

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const textOf = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    // A connection of its own: the daemon may close an idle one right when it is used again.
    request({ socketPath, path, agent: false }, (response) => {
      let text = `${response.statusCode} `;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });

test('each secret field of the schema has a plant here', async (t) => {
  const wanted = textFields().filter(({ key }) => secretFields.has(key));
  const there = plants(await echoServers(t));
  t.deepEqual(
    wanted.map(({ owner, key }) => `${owner}.${key}`).filter((field) => !(field in there)),
    [],
  );
});

for (const format of ['json', 'pretty'] as const) {
  test(`no secret is at any way out of a daemon whose log is ${format}`, async (t) => {
    t.timeout(300_000);
    const directory = mkdtempSync(join(tmpdir(), 'fulcrum-secrets-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const ports = await echoServers(t);
    const [socket, tokenFile, doorSocket] = ['control.sock', 'token', 'checks.sock'].map((name) =>
      join(directory, name),
    );
    if (socket === undefined || tokenFile === undefined || doorSocket === undefined) throw new Error('three names');
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    const document = {
      ...documentOf(ports, directory, format),
      control: { socket, http: null, grpc: '127.0.0.1:0', token_file: tokenFile },
      healthcheck_server: { socket: doorSocket },
    };
    const write = (name: string, value: object): string => {
      const file = join(directory, name);
      writeFileSync(file, stringify(value));
      return file;
    };
    const file = write('config.yaml', document);

    const daemon = startFulcrum(['run', '-c', file]);
    t.teardown(() => daemon.kill('SIGKILL'));
    const ended = once(daemon, 'close');
    const log = collect(daemon.stderr);
    await log.has(/control\.grpc listens on (\S+)/);
    const events = request({
      socketPath: socket,
      path: '/api/v1/events?state=true',
      headers: { 'last-event-id': '0' },
    });
    const stream = new Promise<ReturnType<typeof collect>>((resolve) =>
      events.on('response', (response) => resolve(collect(response))).end(),
    );

    const outs = new Map<string, string>();
    const checked = async (): Promise<readonly { state: string; message: string }[]> =>
      JSON.parse((await textOf(socket, '/api/v1/checks')).slice(4));
    await until(async () => (await checked()).every(({ state }) => state !== 'unknown'), 200);

    const paths: Record<string, object> = JSON.parse((await textOf(socket, '/openapi.json')).slice(4)).paths;
    const reads = Object.keys(paths).filter((path) => 'get' in (paths[path] ?? {}) && !/[{]|events/.test(path));
    t.true(reads.includes('/api/v1/config') && reads.includes('/health/ready'));
    for (const path of [...reads, '/api/v1/services/web', `/api/v1/vrrp/${MARK.slice(0, 2)}`]) {
      outs.set(`GET ${path}`, await textOf(socket, path));
    }
    const ready = outs.get('GET /health/ready') ?? '';
    for (const type of ['postgres', 'redis', 'qdrant']) t.regex(ready, new RegExp(type));

    const grpc = grpcClients(/control\.grpc listens on ([\d.:]+)/.exec(log.text())?.[1] ?? '');
    t.teardown(() => grpc.close());
    outs.set('gRPC checks', await grpcAnswers(grpc, ports));
    outs.set('NDJSON', await ndjsonAnswers(doorSocket, ports));

    const changed = write('changed.yaml', JSON.parse(JSON.stringify(document).replaceAll(MARK, `${MARK}s`)));
    const bad = write('bad.yaml', badDocument);
    const toml = join(directory, 'bad.toml');
    writeFileSync(toml, `[[health.components]]\nname = "a"\nurl = "redis://:${inHeader('toml')}@h\n`);
    const tabs = join(directory, 'tabs.yaml');
    writeFileSync(tabs, `checks:\n  a: { type: radius, password: "${inHeader('yaml')}\n`);
    const at = ['--socket', socket];
    const commands: readonly (readonly string[])[] = [
      ['status', '--json', ...at],
      ['status', ...at],
      ...['services', 'backends', 'checks', 'actors'].map((what) => ['show', what, ...at]),
      ['show', 'checks', '--json', ...at],
      ['plan', '-c', changed, ...at],
      ['plan', '-c', bad, ...at],
      ['validate', '-c', bad],
      ['validate', '-c', toml],
      ['validate', '-c', tabs],
      ['reload', '-c', bad, ...at],
      ['reload', '-c', changed, ...at],
      ...checkCommands(ports),
    ];
    for (const command of commands) {
      const { stdout, stderr } = await runFulcrum(command);
      t.not(stdout + stderr, '');
      outs.set(`fulcrum ${command.slice(0, 3).join(' ')} ${outs.size}`, stdout + stderr);
    }

    await until(async () => (await checked()).every(({ state }) => state !== 'unknown'), 200);
    const shown = await checked();
    t.true(shown.filter(({ message }) => message.includes('***')).length >= 15, JSON.stringify(shown));
    outs.set('GET /api/v1/checks after the reload', JSON.stringify(shown));
    daemon.kill('SIGTERM');
    await ended;
    outs.set('events', (await stream).text());
    outs.set('log', log.text());
    t.regex(outs.get('events') ?? '', /backend-state|b0/);
    for (const each of filesBelow(join(directory, 'state'))) {
      outs.set(each, readFileSync(each, 'utf8'));
      if (/json$/.test(each)) t.is(statSync(each).mode & 0o077, 0, each);
    }
    t.true([...outs.keys()].some((name) => name.includes('engine-state')));
    for (const [name, text] of outs) {
      const [leak] = LEAK.exec(text) ?? [];
      t.is(leak, undefined, name);
    }
  });
}

const badDocument = {
  checks: {
    a: { type: 'radius', username: [MARK], password: plant('x').repeat(20), secret: { [MARK]: 1 } },
    b: { type: 'http', path: plant('path'), headers: { Authorization: `${plant('header')}\n` } },
    c: { type: 'tcp', send: `\\q${MARK}` },
    d: { type: 'redis', url: plant('url') },
  },
  health: { components: [{ name: 'a', type: 'redis', url: `http://:${inHeader('h')}@h` }] },
};

const checkCommands = (ports: Ports): readonly (readonly string[])[] => [
  ['check', 'http', `http://${inUrl('u')}:${inUrl('p')}@127.0.0.1:${ports.basic}/?token=${inUrl('q')}`],
  ['check', 'http', `127.0.0.1:${ports.http}`, '--path', `/?token=${inUrl('q')}`, '--json'],
  ['check', 'http', `127.0.0.1:${ports.http}`, '--headers', `X-Key: ${inHeader('h')}`],
  ['check', 'redis', `redis://${inUrl('u')}:${inUrl('p')}@127.0.0.1:${ports.redis}`, '--json'],
  ['check', 'postgres', `postgres://${inUrl('u')}:${inUrl('p')}@127.0.0.1:${ports.postgres}/${inUrl('db')}`],
  ['check', 'tcp', `127.0.0.1:${ports.tcp}`, '--send', inHeader('send'), '--receive', 'something else that is long'],
  ['check', 'radius', `127.0.0.1:${ports.udp}`, `--pasword=${plant('mistyped')}`],
  ['check', 'radius', `${MARK}:${MARK}@127.0.0.1`, '--username', 'u', '--password', plant('p'), '--secret', 's'],
];

/** What a stream has brought so far. */
function collect(stream: NodeJS.ReadableStream | null) {
  let text = '';
  const watchers = new Set<() => void>();
  stream?.setEncoding('utf8');
  stream?.on('error', () => {});
  stream?.on('data', (chunk: string) => {
    text += chunk;
    for (const look of watchers) look();
  });
  const has = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(text)) resolve();
      };
      watchers.add(look);
      stream?.on('end', () => reject(new Error(`ended without ${pattern}:\n${text}`)));
      look();
    });
  return { text: () => text, has };
}

const tcpCheckOf = (ports: Ports, name: string) => ({
  id: 7,
  interval: '1s',
  timeout: '800ms',
  tcp: {
    ip: '127.0.0.1',
    port: ports.tcp,
    send: Buffer.from(`AUTH ${inHeader(name)}`),
    receive: Buffer.from('AUTH OK and more than it sends'),
  },
});

async function grpcAnswers(grpc: ReturnType<typeof grpcClients>, ports: Ports): Promise<string> {
  const call = grpc.stream('seesaw.healthcheck.HealthCheckService', 'StreamChecks', null);
  call.on('error', () => {});
  const results = messagesOf(call);
  call.write(tcpCheckOf(ports, 'grpc'));
  const told: unknown[] = [];
  for (let last: { state?: unknown } = {}; last.state !== 'UNHEALTHY'; told.push(last)) last = await results.next();
  call.write({
    id: 8,
    interval: '1s',
    http: { ip: '127.0.0.1', port: 1, path: plant('grpc path'), headers: { 'X-Key': `${plant('h')}\n` } },
  });
  for (let last: { error?: unknown } = {}; !last.error; told.push(last)) last = await results.next();
  call.cancel();
  return JSON.stringify(told);
}

async function ndjsonAnswers(path: string, ports: Ports): Promise<string> {
  const socket = connect(path);
  const told = collect(socket);
  const config = { interval: '1s', timeout: '800ms', retries: 0, checker_type: 'tcp', ip: '127.0.0.1' };
  const send = `AUTH ${inHeader('ndjson')}`;
  const configs = [
    { ...config, id: 1, port: ports.tcp, send, receive: 'AUTH OK and more than it sends' },
    { ...config, id: 2, port: ports.tcp, send: { [MARK]: plant('wrong') } },
    { ...config, id: 3, checker_type: 'http', expected_codes: [200], port: ports.http, path: plant('no path') },
  ];
  socket.write(`${JSON.stringify({ type: 'update_configs', configs })}\n`);
  await told.has(/unhealthy/i);
  socket.destroy();
  return told.text();
}
