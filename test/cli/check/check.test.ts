import { createServer } from 'node:http';
import test from 'ava';
import { parseTarget } from '../../../src/cli/check/target.js';
import { freePort } from '../../support/fixtures/ports.js';
import { listen, tcpServer, udpServer } from '../../support/peers/servers.js';
import { runCommand } from '../../support/rigs/run-command.js';
import { runFulcrum } from '../../support/rigs/run-fulcrum.js';

const plainFlags = { tls: false, portGiven: false };

const fulcrum = (...args: readonly string[]) => runCommand(['check', ...args]);

test('a healthy target: exit 0 and one clear line', async (t) => {
  const port = await tcpServer(t, () => {});
  const { code, stdout, stderr } = await runFulcrum(['check', 'tcp', `127.0.0.1:${port}`]);
  t.is(code, 0, stderr);
  t.regex(stdout, new RegExp(`^healthy: tcp 127\\.0\\.0\\.1:${port} in [0-9.]+ ms: connected\n$`));
});

test('an unhealthy one: exit 1 and the reason, as JSON', async (t) => {
  const port = await freePort();
  const { code, stdout } = await fulcrum('tcp', `127.0.0.1:${port}`, '--json');
  t.is(code, 1);
  const report = JSON.parse(stdout);
  t.is(typeof report.duration_ms, 'number');
  t.like(report, {
    healthy: false,
    type: 'tcp',
    target: `127.0.0.1:${port}`,
    message: `127.0.0.1:${port}: connection refused`,
    cause: 'refused',
  });
});

test('check options are flags', async (t) => {
  const server = createServer((request, response) => {
    response.statusCode = request.headers['x-probe'] === '1' && request.method === 'POST' ? 204 : 500;
    response.end();
  });
  const port = await listen(t, server);
  const flags = [
    '--method',
    'POST',
    '--headers',
    'X-Probe: 1',
    '--expected-codes',
    '200-203,204',
    '--keep-alive=false',
  ];
  const { code, stdout, stderr } = await fulcrum('http', `http://127.0.0.1:${port}/up?x`, ...flags);
  t.is(code, 0, stderr);
  t.regex(stdout, /HTTP\/1\.1 204 No Content\n$/);
});

test('the port may be a flag, and a whole check of a configuration fits into flags', async (t) => {
  const port = await tcpServer(t, () => {});
  const copied = ['--interval', '2s', '--retries', '2', '--rise', '1', '--jitter', '10%', '--backoff', '{ factor: 3 }'];
  const { code, stderr } = await fulcrum('tcp', '127.0.0.1', '--port', String(port), ...copied);
  t.is(code, 0, stderr);
  const wrong = await fulcrum('tcp', '127.0.0.1', '--port', String(port), '--backoff', '{ factor: 99 }');
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /--backoff factor: /);
  t.is((await fulcrum('tcp', '127.0.0.1')).code, 2);
});

test('text with C escapes is sent and compared', async (t) => {
  const port = await udpServer(t, (datagram, reply) => reply(datagram));
  const { code, stdout } = await fulcrum('udp', `127.0.0.1:${port}`, '--send', 'a\\x00\\n', '--receive', 'a\\x00');
  t.is(code, 0, stdout);
});

test('wrong usage: exit 2, and everything that is wrong', async (t) => {
  const cases: [readonly string[], RegExp][] = [
    [[], /a type of check is missing: one of tcp, udp/],
    [['pop3', 'x'], /'pop3' is not a type of check/],
    [['tcp'], /missing required argument 'target'/],
    [['tcp', 'x'], /the target 'x' has no port/],
    [['tcp', 'x:1', '--path', '/'], /unknown option '--path'/],
    [['http', 'x', '--expected-codes', 'abc', '--method', 'get'], /--method: .*\n?.*--expected-codes 0: 'abc'/s],
    [['dns', 'x', '--query', 'a', '--record', 'ANY'], /--record: 'ANY' is not allowed: one of A, AAAA/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await fulcrum(...args);
    t.is(code, 2, args.join(' '));
    t.is(stdout, '');
    t.regex(stderr, message);
  }
});

test('the help lists the types, and the options of each', async (t) => {
  t.regex((await fulcrum('--help')).stdout, /TYPE is one of tcp, udp, http/);
  const { code, stdout } = await fulcrum('http', '--help');
  t.is(code, 0);
  t.regex(stdout, /--expected-codes <value,...>/);
  t.regex(stdout, /--no-tls-verify/);
});

test('targets: addresses, names and URLs', (t) => {
  const at = (type: Parameters<typeof parseTarget>[0], text: string, tls = false) => {
    const { host, port, document } = parseTarget(type, text, { ...plainFlags, tls });
    return { host, port, ...document };
  };
  t.deepEqual(at('tcp', '10.0.0.1:80'), { host: '10.0.0.1', port: 80 });
  t.deepEqual(at('tcp', '[::1]:80'), { host: '::1', port: 80 });
  t.deepEqual(at('icmp', '::1'), { host: '::1', port: 0 });
  t.deepEqual(at('dns', 'ns.example'), { host: 'ns.example', port: 53 });
  t.deepEqual(at('http', 'web.example', true), { host: 'web.example', port: 443 });
  t.deepEqual(at('http', 'https://web.example/a?b'), { host: 'web.example', port: 443, path: '/a?b', tls: true });
  t.deepEqual(at('http', 'http://[::1]:8080'), { host: '::1', port: 8080, path: '/' });
  t.deepEqual(at('grpc', 'grpcs://x:1/my.Service'), { host: 'x', port: 1, tls: true, service: 'my.Service' });
  t.deepEqual(at('tcp', 'tls://x:80'), { host: 'x', port: 80, tls: true });
  t.deepEqual(at('redis', 'rediss://u:p@x/3'), { host: 'x', port: 6379, url: 'rediss://u:p@x/3' });
  for (const wrong of ['a:b', ':80', 'x:0', 'x:65536', '[10.0.0.1]:1', 'http://x:1', 'x y:1', '']) {
    t.throws(() => at('tcp', wrong), { instanceOf: RangeError }, wrong);
  }
});

test('a password in a URL is not shown', (t) => {
  t.is(parseTarget('redis', 'redis://me:pa%40ss@x:1/0', plainFlags).text, 'redis://***:***@x:1/0');
  t.is(parseTarget('http', 'http://me:pass@x:1/0', plainFlags).text, 'http://***:***@x:1/0');
});
