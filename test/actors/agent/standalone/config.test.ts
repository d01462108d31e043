import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type AgentInput, loadAgentConfig } from '../../../../src/actors/agent/standalone/config.js';
import { agentEnv } from '../../../../src/actors/agent/standalone/environment.js';
import { ConfigError } from '../../../../src/model/errors.js';

function file(t: ExecutionContext, name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-agent-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

const load = (input: Partial<AgentInput>) => loadAgentConfig({ file: null, flags: {}, env: {}, ...input });

test('the defaults are the seed’s', (t) => {
  t.like(load({}), {
    agent: {
      listen: { host: '0.0.0.0', port: 5555 },
      metrics: { host: '0.0.0.0', port: 9090 },
      connectTimeoutNs: 1e9,
      rpcTimeoutNs: 1.5e9,
      reasons: false,
      weights: false,
    },
    log: { level: 'info', format: 'json' },
    warnings: [],
  });
});

test('flags go before the file, the file before the environment', (t) => {
  const path = file(t, 'c.yaml', 'agent: { listen: "127.0.0.1:2", rpc_timeout: 20ms }\n');
  const env = {
    HAPROXY_AGENT_LISTEN: '127.0.0.1:3',
    HAPROXY_AGENT_RPC_TIMEOUT: '30ms',
    HAPROXY_AGENT_CONNECT_TIMEOUT: '30ms',
  };
  t.like(load({ file: path, env, flags: { 'agent.listen': '127.0.0.1:1' } }).agent, {
    listen: { host: '127.0.0.1', port: 1 },
    rpcTimeoutNs: 20e6,
    connectTimeoutNs: 30e6,
  });
});

test('the seed’s variables: ports and addresses alone, times in milliseconds, levels in capitals', (t) => {
  const env = {
    HAPROXY_AGENT_PORT: '8080',
    HAPROXY_AGENT_METRICS_BIND: '::1',
    HAPROXY_AGENT_GRPC_CONNECT_TIMEOUT: '250',
    HAPROXY_AGENT_LOG_LEVEL: 'DEBUG',
  };
  t.like(load({ env }), {
    agent: {
      listen: { host: '0.0.0.0', port: 8080 },
      metrics: { host: '::1', port: 9090 },
      connectTimeoutNs: 250e6,
    },
    log: { level: 'debug' },
  });
});

test('the agent’s own file, as the seed has it', (t) => {
  const path = file(
    t,
    'config.toml',
    [
      '[server]\nport = 6000\nbind_address = "127.0.0.1"\n[grpc]\nconnect_timeout_ms = 100\nrpc_timeout_ms = 200',
      '[metrics]\nport = 6001\n[logging]\nlevel = "warn"\nformat = "pretty"\n',
    ].join('\n'),
  );
  t.like(load({ file: path, env: { HAPROXY_AGENT_PORT: '1' } }), {
    agent: {
      listen: { host: '127.0.0.1', port: 6000 },
      metrics: { host: '0.0.0.0', port: 6001 },
      connectTimeoutNs: 100e6,
      rpcTimeoutNs: 200e6,
    },
    log: { level: 'warn', format: 'pretty' },
  });
});

test('what is wrong is named as it was written', (t) => {
  const problems = (input: Partial<AgentInput>): string => {
    const error = t.throws(() => load(input), { instanceOf: ConfigError });
    return error?.message ?? '';
  };
  t.regex(problems({ env: { HAPROXY_AGENT_PORT: '99999' } }), /variable HAPROXY_AGENT_PORT.*agent\.listen/);
  t.regex(problems({ flags: { 'agent.rpc_timeout': '5' } }), /agent\.rpc_timeout: .*no unit/);
  const own = file(t, 'a.toml', '[server]\nport = 70000\ncolour = 1\n');
  t.regex(problems({ file: own }), /a\.toml:2:8: server\.port: .*\n.*a\.toml:1:1: server: .*colour/);
  t.regex(problems({ file: file(t, 'b.yaml', 'agent: { listn: x }\n') }), /b\.yaml:1:10: agent\.listn: .*'listen'/);
  t.regex(problems({ file: '/nowhere.yaml' }), /\/nowhere\.yaml.*no such file/);
  t.regex(problems({ env: { HAPROXY_AGENT_ALLOW_TARGETS: 'lan' } }), /HAPROXY_AGENT_ALLOW_TARGETS.*allow_targets/);
});

test('a variable that nobody knows is a warning', (t) => {
  t.deepEqual(load({ env: { HAPROXY_AGENT_COLOUR: 'red' } }).warnings, [
    'the environment variable HAPROXY_AGENT_COLOUR is unknown, so without effect',
  ]);
});

test('docs/agent.md: its variables and its own file are known, and its defaults are the program’s', (t) => {
  const page = readFileSync('docs/agent.md', 'utf8');
  const options = /^\| file \(`agent:`\).*?\n\n/ms.exec(page)?.[0] ?? '';
  const variables = [...options.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => `HAPROXY_AGENT_${name}`);
  t.true(variables.length > 20);
  t.deepEqual(agentEnv(Object.fromEntries(variables.map((variable) => [variable, '1']))).unknown, []);

  const own = /^```toml\n(.*?)^```/ms.exec(page)?.[1] ?? '';
  t.deepEqual(load({ file: file(t, 'own.toml', own) }), load({}));
  const yaml = /^```yaml\n(.*?)^```/ms.exec(page)?.[1] ?? '';
  t.like(load({ file: file(t, 'daemon.yaml', yaml) }).agent, { useCheckResults: true });
});
