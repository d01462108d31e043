import test from 'ava';
import { plainOptions, variableOf } from '../../src/config/overlay.js';
import { ns } from '../../src/model/units.js';
import { addressed, parse, problems } from './support.js';

const levelOf = (text: string, options: Parameters<typeof parse>[1]): string => parse(text, options).config.log.level;

test('flag wins over file, file over environment, environment over default', (t) => {
  const env = { FULCRUM_LOG_LEVEL: 'error' };
  const flags = { 'log.level': 'trace' };
  t.is(levelOf('{}', {}), 'info');
  t.is(levelOf('{}', { env }), 'error');
  t.is(levelOf('log: { level: warn }', { env }), 'warn');
  t.is(levelOf('log: { level: warn }', { env, flags }), 'trace');
});

test('every kind of plain value can be set', (t) => {
  const { config } = parse('{}', {
    env: {
      FULCRUM_CONTROL_HTTP: '127.0.0.1:9080',
      FULCRUM_CONTROL_SOCKET: 'null',
      FULCRUM_DATAPLANE_DRIVER: 'dry-run',
      FULCRUM_DATAPLANE_RECONCILE_INTERVAL: '1m',
      FULCRUM_DATAPLANE_MAX_REMOVALS: '25',
      FULCRUM_RUNTIME_MONITOR_SHARDS: '3',
      FULCRUM_AGENT_REASONS: 'true',
      FULCRUM_AGENT_ALLOW_CLIENTS: 'loopback, 10.0.0.0/8',
      FULCRUM_HEALTHCHECK_SERVER_BATCH_SIZE: '7',
      FULCRUM_NODE_NAME: 'lb9',
      FULCRUM_METRICS_LISTEN: '[::1]:9100',
      FULCRUM_LOG_FORMAT: '',
    },
  });
  t.deepEqual(config.control.http, { host: '127.0.0.1', port: 9080 });
  t.is(config.control.socket, null);
  t.is(config.dataplane.driver, 'dry-run');
  t.is(config.dataplane.reconcileIntervalNs, ns(60e9));
  t.is(config.dataplane.maxRemovals, 25);
  t.is(config.runtime.monitorShards, 3);
  t.is(config.agent?.reasons, true);
  t.deepEqual(config.agent?.allowClients, ['loopback', '10.0.0.0/8']);
  t.is(config.healthcheckServer?.batchSize, 7);
  t.is(config.node.name, 'lb9');
  t.deepEqual(config.metrics.listen, { host: '::1', port: 9100 });
  t.is(config.log.format, 'json');
});

test('a section that the file sets to null stays null for the environment, not for a flag', (t) => {
  t.is(parse('agent: null', { env: { FULCRUM_AGENT_LISTEN: '127.0.0.1:1' } }).config.agent, null);
  t.is(parse('agent: null', { flags: { 'agent.listen': '127.0.0.1:1' } }).config.agent?.listen.port, 1);
});

test('an error in a variable or a flag names it', (t) => {
  const issueOf = (options: Parameters<typeof parse>[1]) =>
    t.throws(() => parse('{}', options), { code: 'ERR_CONFIG' }).message;
  t.is(
    issueOf({ env: { FULCRUM_DATAPLANE_DRIVER: 'ipvss' } }),
    "environment variable FULCRUM_DATAPLANE_DRIVER:0:0: dataplane.driver: 'ipvss' is not allowed: one of auto, ipvs, proxy, dry-run",
  );
  t.is(
    issueOf({ flags: { 'runtime.monitor_shards': 'many' } }),
    "flag runtime.monitor_shards:0:0: runtime.monitor_shards: 'many' is not a number of threads: 1 to 256 are allowed",
  );
  t.regex(issueOf({ flags: { 'log.levle': 'info' } }), /flag log\.levle:0:0: .*the nearest one is 'log\.level'/u);
});

test('an error in a file is not hidden by a flag for another option of the section', (t) => {
  t.deepEqual(problems('log: 5', { flags: { 'log.level': 'info' } }), [
    '1:6 log: 5 is not a map: keys with values are expected',
  ]);
});

test('a misspelt variable is warned of; others are none of our business', (t) => {
  const { warnings } = parse('{}', { env: { FULCRUM_LOG_LEVLE: 'info', FULCRUM_REQUIRE_ALL: '1', PATH: '/bin' } });
  t.deepEqual(
    warnings.map(({ file, message }) => `${file}: ${message}`),
    ['environment variable FULCRUM_LOG_LEVLE: unknown, so without effect: the nearest is FULCRUM_LOG_LEVEL'],
  );
});

test('maps that YAML aliases share are changed one by one', (t) => {
  const { config } = parse('metrics: &m { listen: "127.0.0.1:1" }\ncontrol: { http: "127.0.0.1:2" }', {
    flags: { 'metrics.listen': '127.0.0.1:3' },
  });
  t.is(config.metrics.listen?.port, 3);
  t.is(config.control.http?.port, 2);
});

test('lists of maps, maps of maps and nested maps are for files only', (t) => {
  const names = plainOptions().map(variableOf);
  t.true(names.includes('FULCRUM_VRRP_STARTUP_DELAY'));
  t.true(names.includes('FULCRUM_DEMO_BACKENDS'));
  t.false(names.includes('FULCRUM_VRRP_INSTANCES'));
  t.false(names.includes('FULCRUM_HEALTH_COMPONENTS'));
  t.false(names.includes('FULCRUM_DATAPLANE_SYNC'));
  t.false(names.some((name) => name.startsWith('FULCRUM_SERVICES') || name.startsWith('FULCRUM_CHECKS')));
  t.is(new Set(names).size, names.length);
});

test('a flag can be right where the file is wrong', (t) => {
  t.is(parse(`log: { level: loud }\n${addressed('')}`, { flags: { 'log.level': 'debug' } }).config.log.level, 'debug');
});
