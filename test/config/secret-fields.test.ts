import test from 'ava';
import { diffConfig } from '../../src/config/diff.js';
import { effectiveDocument } from '../../src/config/document.js';
import { redactPath, redactUrl } from '../../src/config/redact.js';
import { ConfigError } from '../../src/model/errors.js';
import { secretFields } from '../../src/wire/secrets/secret-fields.js';
import { textFields } from '../support/secret-schema.js';
import { addressed, fromValue, parse } from './support.js';

/** Free text that anybody may see. A credential does not belong there, and each has been thought about. */
const publicFields: ReadonlySet<string> = new Set(
  // Names, addresses, files and listeners.
  (
    'name node state_dir socket http grpc token_file ca_file cert_file key_file listen metrics backends owner instance script process file ' +
    'interface group instances addresses source peers service services address sorry allow_clients allow_targets checks ' +
    // Durations and numbers with units.
    'interval retry_interval timeout max reconcile_interval startup_delay advert_interval preempt_delay refresh persistence granularity ' +
    'drain_timeout extra_addresses label via iif oif repeat_after ' +
    'batch_delay notify_interval connect_timeout rpc_timeout time_window delay jitter low high ' +
    // What a check asks for and expects in an answer: messages are there to tell it.
    'method host expected_codes names to command user fifo from receive receive_regex server_name query expected authority helo hosts digest'
  ).split(' '),
);

test('every free text of the schema is either secret or known to be public', (t) => {
  const fields = textFields();
  t.true(fields.length > 50, 'the walk finds them');
  const undecided = fields.filter(({ key }) => !secretFields.has(key) && !publicFields.has(key));
  t.deepEqual(undecided, [], 'add the field to secretFields, or to the public ones here');
  const both = [...secretFields.keys()].filter((key) => publicFields.has(key));
  t.deepEqual(both, []);
});

test('every secret field is one of the schema', (t) => {
  const keys = new Set(textFields().map(({ key }) => key));
  t.deepEqual(
    [...secretFields.keys()].filter((key) => !keys.has(key)),
    [],
  );
});

const planted = `checks:
- { type: radius, username: pl4nt-user, password: pl4nt-password, secret: pl4nt-secret }
- { type: postgres, url: "postgres://pl4nt-pg:pl4nt-pw@h:5432/pl4nt-db?options=pl4nt-option" }
- { type: redis, url: "redis://:pl4nt-redis@h" }
- { type: qdrant, url: "http://h/pl4nt-path?pl4nt-query" }
- { type: http, path: "/x?q=pl4nt-param", headers: { Accept: pl4nt-header }, body: pl4nt-body }
- { type: tcp, send: "pl4nt-tcp" }
- { type: udp, send: "pl4nt-udp" }`;

test('no secret of a configuration is in what people see of it, nor in what changes', (t) => {
  const { config } = parse(addressed(planted, '{ address: 10.0.0.1 }'));
  t.notRegex(JSON.stringify(effectiveDocument(config)), /pl4nt/);
  const { config: other } = parse(addressed(planted.replaceAll('pl4nt', 'n3w'), '{ address: 10.0.0.1 }'));
  const changes = diffConfig(config, other).join('\n');
  t.notRegex(changes, /pl4nt|n3w/);
  t.regex(changes, /password changed \(not shown\)/);
  t.regex(diffConfig(config, fromValue({}).config).join('\n'), /removed/);
});

test('what is wrong with a secret is told without it', (t) => {
  const bad: readonly object[] = [
    { type: 'radius', username: 'pl4nt\u0001', password: ['pl4nt'], secret: 'pl4nt'.repeat(100) },
    { type: 'http', path: 'pl4nt?token=pl4nt-token', headers: 'Authorization: pl4nt', body: 12 },
    { type: 'http', headers: { Authorization: 'pl4nt\n' }, metod: 'pl4nt' },
    { type: 'postgres', url: 'pl4nt://pl4nt' },
    { type: 'tcp', send: '\\qpl4nt' },
    { type: 'udp', send: { pl4nt: 1 } },
  ];
  for (const check of bad) {
    const error = t.throws(() => fromValue({ checks: { c: check } }), { instanceOf: ConfigError }) ?? new Error();
    t.notRegex(error.message, /pl4nt/, JSON.stringify(check));
  }
  const misplaced = {
    services: [{ name: 'a', checks: [`redis://me:pl4nt${'-'.repeat(80)}@h`], drain_timeout: 'soon' }],
  };
  const error = t.throws(() => fromValue(misplaced), { instanceOf: ConfigError }) ?? new Error();
  t.notRegex(error.message, /pl4nt/);
  t.regex(error.message, /'soon'/, 'what is public is told');
});

test('a URL and a path are shown as far as they say where something is', (t) => {
  t.is(redactUrl('http://h:6333/healthz'), 'http://h:6333/healthz');
  t.is(redactUrl('redis://h/3'), 'redis://h/3');
  t.is(redactUrl('no url'), '***');
  t.is(redactPath('/api/v1/status?verbose=1#x'), '/api/v1/status?verbose=***&***');
  t.is(redactPath('/services/T00/B00/a1B2c3D4e5F6g7H8i9'), '/services/T00/B00/***');
});
