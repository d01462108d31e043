import test from 'ava';
import { buildCheck, checkDocument } from '../../../src/config/sections/checks/build.js';
import { check } from '../../../src/config/sections/checks/schema.js';

const built = (document: object) => buildCheck(check.parse(document), (path) => `/folder/${path}`);
const again = (document: object) => checkDocument(built(document));

test('an option has its model name and its value; paths start at the folder of the file', (t) => {
  t.like(built({ type: 'tcp', tls: true, tls_verify: false, ca_file: 'ca.pem', send: '\\x01' }), {
    type: 'tcp',
    tlsVerify: false,
    caFile: '/folder/ca.pem',
    certFile: null,
    send: Uint8Array.of(1),
  });
});

test('the document of a check has its options under their names and as they are written', (t) => {
  t.like(again({ type: 'http', expected_codes: [200, '300 - 302'], receive: 'a\n', tls: true, http2: true }), {
    type: 'http',
    expected_codes: [200, '300-302'],
    receive: 'a\\n',
    tls_verify: true,
    http2: true,
    keep_alive: false,
  });
  t.like(again({ type: 'dns', query: 'a.example', expected: ['10.0.0.1'], server_port: 54 }), {
    expected: ['10.0.0.1'],
    server_port: 54,
  });
});

test('the names of headers are nobody’s options: they stay as they are', (t) => {
  const headers = { 'X-Probe_Id': '1', From: 'a', to: 'b' };
  t.like(again({ type: 'http', headers }), { headers });
});

test('a document leaves nothing to defaults, and reads as the same check', (t) => {
  const document = again({ type: 'icmp', interval: '2s', backoff: { factor: 3 }, jitter: '10%' });
  t.deepEqual(document, {
    type: 'icmp',
    interval: '2s',
    timeout: '2s',
    retries: 0,
    rise: 1,
    retry_interval: null,
    backoff: { factor: 3, max: '1m' },
    jitter: 0.1,
    mode: 'plain',
    source: null,
    port: null,
    payload_size: 56,
  });
  t.deepEqual(built(document), built({ type: 'icmp', interval: '2s', backoff: { factor: 3 }, jitter: '10%' }));
});
