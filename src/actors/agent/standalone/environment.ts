/** `HAPROXY_AGENT_*` variables as the `FULCRUM_*` ones that the loader of configurations knows. */
import { hostPort } from '../../../model/ip-address.js';

type Env = Readonly<Record<string, string | undefined>>;

const PREFIX = 'HAPROXY_AGENT_';

/** The options that a variable of the same name gives. */
const plain: Readonly<Record<string, string>> = {
  LISTEN: 'FULCRUM_AGENT_LISTEN',
  METRICS: 'FULCRUM_AGENT_METRICS',
  CONNECT_TIMEOUT: 'FULCRUM_AGENT_CONNECT_TIMEOUT',
  GRPC_CONNECT_TIMEOUT: 'FULCRUM_AGENT_CONNECT_TIMEOUT',
  GRPC_CONNECT_TIMEOUT_MS: 'FULCRUM_AGENT_CONNECT_TIMEOUT',
  RPC_TIMEOUT: 'FULCRUM_AGENT_RPC_TIMEOUT',
  GRPC_RPC_TIMEOUT: 'FULCRUM_AGENT_RPC_TIMEOUT',
  GRPC_RPC_TIMEOUT_MS: 'FULCRUM_AGENT_RPC_TIMEOUT',
  ALLOW_CLIENTS: 'FULCRUM_AGENT_ALLOW_CLIENTS',
  ALLOW_TARGETS: 'FULCRUM_AGENT_ALLOW_TARGETS',
  REASONS: 'FULCRUM_AGENT_REASONS',
  WEIGHTS: 'FULCRUM_AGENT_WEIGHTS',
  CA_FILE: 'FULCRUM_AGENT_CA_FILE',
  TLS_VERIFY: 'FULCRUM_AGENT_TLS_VERIFY',
  LOG_LEVEL: 'FULCRUM_LOG_LEVEL',
  LOG_FORMAT: 'FULCRUM_LOG_FORMAT',
};

/** Ports and addresses alone, as the seed has them; the first name that is set counts. */
const parts = [
  {
    variable: 'FULCRUM_AGENT_LISTEN',
    address: ['BIND_ADDRESS', 'SERVER_BIND', 'SERVER_BIND_ADDRESS'],
    port: ['PORT', 'SERVER_PORT'],
    defaults: ['0.0.0.0', '5555'],
  },
  {
    variable: 'FULCRUM_AGENT_METRICS',
    address: ['METRICS_BIND', 'METRICS_BIND_ADDRESS'],
    port: ['METRICS_PORT'],
    defaults: ['0.0.0.0', '9090'],
  },
] as const;

export type AgentEnv = {
  readonly env: Env;
  /** The variable as it was set, for errors about the one that it became. */
  readonly originals: ReadonlyMap<string, string>;
  /** Set, and of no effect. */
  readonly unknown: readonly string[];
};

export function agentEnv(env: Env): AgentEnv {
  const mapped: Record<string, string | undefined> = { ...env };
  const originals = new Map<string, string>();
  const put = (variable: string, original: string, value: string): void => {
    mapped[variable] = value;
    originals.set(variable, PREFIX + original);
  };
  for (const { variable, address, port, defaults } of parts) {
    const addressName = address.find((name) => env[PREFIX + name]);
    const portName = port.find((name) => env[PREFIX + name]);
    const original = portName ?? addressName;
    const host = env[PREFIX + addressName] ?? defaults[0];
    const text = hostPort(host, env[PREFIX + portName] ?? defaults[1]);
    if (original !== undefined) put(variable, original, text);
    // The seed serves its metrics without being asked to.
    else mapped[variable] ??= text;
  }
  for (const [name, variable] of Object.entries(plain)) {
    const value = env[PREFIX + name];
    if (value) put(variable, name, plainValue(name, value));
  }
  const known = new Set([...Object.keys(plain), ...parts.flatMap(({ address, port }) => [...address, ...port])]);
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name.slice(PREFIX.length)));
  return { env: mapped, originals, unknown };
}

/** The seed's times are milliseconds without a unit, and its levels may be in capitals. */
function plainValue(name: string, value: string): string {
  if (name.includes('TIMEOUT') && /^\d+$/.test(value)) return `${value}ms`;
  return name.startsWith('LOG_') ? value.toLowerCase() : value;
}
