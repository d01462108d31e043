import test from 'ava';
import { readElement } from '../../../src/actors/healthcheck-server/config-element.js';
import { readJson } from '../../../src/wire/text/lossless-json.js';
import { isOf } from '../../support/fixtures/checks.js';

const common = { interval: '5s', timeout: '1s', retries: 2 };
const read = (element: object) => {
  const json = readJson(JSON.stringify(element));
  return readElement(json.ok ? json.value : null);
};
const spec = (element: object) => {
  const result = read({ id: 1, ...common, ...element });
  return result.kind === 'config' ? result.spec : result.message;
};

test('the three checkers of the seed', (t) => {
  t.like(spec({ checker_type: 'tcp', ip: '127.0.0.1', port: 8080 }), {
    host: '127.0.0.1',
    port: 8080,
    mark: null,
    check: { type: 'tcp', intervalNs: 5e9, timeoutNs: 1e9, retries: 2, rise: 1, tls: false, send: null, receive: null },
  });
  const http = { checker_type: 'http', ip: '::1', port: 443, method: 'HEAD', path: '/x', secure: true };
  t.like(spec({ ...http, expected_codes: [200, 204] }), {
    host: '::1',
    check: { type: 'http', method: 'HEAD', path: '/x', tls: true, tlsVerify: true },
  });
  t.like(spec({ checker_type: 'dns', query: 'example.com', expected_ips: ['192.0.2.1'], ip: '192.0.2.53' }), {
    host: '192.0.2.53',
    port: 53,
    check: { type: 'dns', query: 'example.com', record: 'A', expected: ['192.0.2.1'] },
  });
});

test('any code is an empty list, or 0', (t) => {
  const http = { checker_type: 'http', ip: '127.0.0.1', port: 80, method: 'GET', path: '/' };
  const codes = (expected_codes: number[]) => {
    const result = spec({ ...http, expected_codes });
    return typeof result === 'object' && isOf('http', result.check) ? result.check.expectedCodes : result;
  };
  t.deepEqual(codes([]), []);
  t.deepEqual(codes([0]), []);
  t.deepEqual(codes([200]), [{ from: 200, to: 200 }]);
});

test('times as humantime text, as Rust’s objects, as Go’s nanoseconds', (t) => {
  for (const interval of ['1m 30s', { secs: 90, nanos: 0 }, 90_000_000_000]) {
    t.like(spec({ checker_type: 'tcp', ip: '127.0.0.1', port: 1, interval }), { check: { intervalNs: 90e9 } });
  }
});

test('DNS: the record follows the addresses; without a server the system’s is asked', (t) => {
  const dns = { checker_type: 'dns', query: 'example.com', ip: '127.0.0.1' };
  t.like(spec({ ...dns, expected_ips: ['2001:db8::1'] }), { check: { record: 'AAAA' } });
  t.like(spec({ ...dns, expected: ['mail.example.com'], record: 'MX', port: 5353 }), {
    port: 5353,
    check: { record: 'MX' },
  });
  t.regex(String(spec({ ...dns, expected_ips: ['192.0.2.1', '2001:db8::1'] })), /expected_ips: one check asks for/);
  const system = spec({ checker_type: 'dns', query: 'example.com', expected_ips: [] });
  t.like(system, { host: 'system-resolver', port: 53 });
});

test('what the seed has not: more checkers, payloads, modes and marks', (t) => {
  const at = { ip: '10.0.0.1', port: 1812 };
  const bytesOf = (element: object) => {
    const result = spec(element);
    return typeof result === 'object' && 'send' in result.check && result.check.send instanceof Uint8Array
      ? [...result.check.send]
      : result;
  };
  t.deepEqual(bytesOf({ checker_type: 'udp', ...at, send: 'a\\x00\n\u00e9' }), [...Buffer.from('a\\x00\n\u00e9')]);
  t.deepEqual(bytesOf({ checker_type: 'udp', ...at, send: [0, 255, 92] }), [0, 255, 92]);
  t.like(spec({ checker_type: 'icmp', ip: '10.0.0.1' }), { port: 0, check: { type: 'icmp' } });
  t.like(spec({ checker_type: 'tls', ...at, tls_verify: false }), {
    check: { type: 'tcp', tls: true, tlsVerify: false },
  });
  t.like(spec({ checker_type: 'grpc', ...at, service: 's', authority: 'a' }), {
    check: { type: 'grpc', service: 's' },
  });
  t.like(spec({ checker_type: 'radius', ...at, username: 'u', password: 'p', secret: 's' }), {
    check: { expect: 'accept' },
  });
  t.like(spec({ checker_type: 'tcp', ...at, mode: 'dsr', mark: 65536 }), { mark: 65536, check: { mode: 'dsr' } });
});

test('fields that nobody knows are ignored, and a client cannot make the server read files', (t) => {
  const tcp = { checker_type: 'tcp', ip: '127.0.0.1', port: 1, secure: true };
  t.like(spec({ ...tcp, colour: 'red', ca_file: '/etc/shadow' }), { check: { type: 'tcp', tls: true, caFile: null } });
});

test('a refusal names the id and the field', (t) => {
  const tcp = { checker_type: 'tcp', ip: '127.0.0.1', port: 80 };
  const cases: [object, RegExp][] = [
    [{ ...tcp, interval: undefined }, /^config 1: interval: missing$/],
    [{ ...tcp, timeout: undefined }, /^config 1: timeout: missing$/],
    [{ ...tcp, retries: undefined }, /^config 1: retries: missing$/],
    [{ ip: '127.0.0.1', port: 80 }, /^config 1: checker_type: missing$/],
    [
      { ...tcp, checker_type: 'script', command: ['/bin/true'] },
      /^config 1: checker_type: "script" is not a kind of check$/,
    ],
    [{ ...tcp, checker_type: 'pop3' }, /^config 1: checker_type: "pop3" is not a kind of check$/],
    [{ ...tcp, interval: '5' }, /^config 1: interval: .*no unit/],
    [{ ...tcp, interval: 5 }, /^config 1: interval: /],
    [{ ...tcp, interval: { secs: -1, nanos: 0 } }, /^config 1: interval: /],
    [{ ...tcp, retries: -1 }, /^config 1: retries: /],
    [{ ...tcp, retries: '2' }, /^config 1: retries: /],
    [{ ...tcp, ip: 'localhost' }, /^config 1: ip: an IPv4 or IPv6 address is expected$/],
    [{ ...tcp, ip: undefined }, /^config 1: ip: /],
    [{ ...tcp, port: 0 }, /^config 1: port: a port from 1 to 65535 is expected$/],
    [{ ...tcp, port: 65536 }, /^config 1: port: /],
    [{ ...tcp, mark: -1 }, /^config 1: mark: /],
    [{ ...tcp, send: [256] }, /^config 1: send: /],
    [{ ...tcp, checker_type: 'http', method: 'GET', path: '/' }, /^config 1: expected_codes: missing$/],
    [{ ...tcp, checker_type: 'http', method: 'GET', path: 'x', expected_codes: [] }, /^config 1: path: /],
    [
      { ...tcp, checker_type: 'http', method: 'GET', path: '/', expected_codes: [99] },
      /^config 1: expected_codes\.0: /,
    ],
    [{ ...tcp, checker_type: 'dns', expected_ips: [] }, /^config 1: query: /],
  ];
  for (const [element, message] of cases) {
    const result = read({ id: 1, ...common, ...element });
    t.is(result.kind, 'refused', JSON.stringify(element));
    if (result.kind === 'refused') t.regex(result.message, message);
  }
  t.like(read([1]), { kind: 'refused', id: null });
  t.like(read({ ...common, ...tcp }), {
    kind: 'refused',
    id: null,
    message: 'a config without an id from 0 to 2^64 - 1',
  });
});
