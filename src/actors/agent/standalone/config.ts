/**
 * The standalone agent's configuration in the precedence of its seed: flags, file, `HAPROXY_AGENT_*`, defaults. The file
 * is a Fulcrum configuration with an `agent` section, or the agent's own with `[server]`, `[grpc]`, `[metrics]` and `[logging]`.
 */
import { z } from 'zod';
import { configFromValue, type Loaded, loadConfig } from '../../../config/load.js';
import { readConfigFile } from '../../../config/read-file.js';
import type { AgentConfig } from '../../../config/sections/agent.js';
import { formatOf, readText, type Source } from '../../../config/source/read.js';
import { originOfValue, plainValue } from '../../../config/source/tree.js';
import type { Config } from '../../../model/config.js';
import { ConfigError, type ConfigIssue, unplacedIssue } from '../../../model/errors.js';
import { hostPort } from '../../../model/ip-address.js';
import { agentEnv } from './environment.js';

export type AgentInput = {
  readonly file: string | null;
  /** By dotted path, such as `agent.listen`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type AgentOptions = {
  readonly agent: AgentConfig;
  readonly log: Config['log'];
  readonly warnings: readonly string[];
};

/** @throws ConfigError with everything that is wrong */
export function loadAgentConfig({ file, flags, env }: AgentInput): AgentOptions {
  const { env: mapped, originals, unknown } = agentEnv(env);
  const { config, warnings } = withOriginalNames(originals, () => load(file, { flags, env: mapped }));
  if (config.agent === null) throw problem(file ?? '', 'agent', 'there must be an agent section, not null');
  return {
    agent: config.agent,
    log: config.log,
    warnings: [
      ...warnings.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
      ...unknown.map((name) => `the environment variable ${name} is unknown, so without effect`),
    ],
  };
}

type Overlay = Pick<AgentInput, 'flags' | 'env'>;

function load(file: string | null, overlay: Overlay): Loaded {
  if (file === null) return configFromValue({}, overlay);
  const read = readText(readConfigFile(file), file, formatOf(file));
  // What cannot be read at all is told by the loader, in its words.
  const own = read.ok ? ownDocument(read.source, file) : null;
  return own === null ? loadConfig(file, overlay) : configFromValue(own, { ...overlay, file });
}

const timeout = z.int().min(1).max(60_000);
const listen = z.strictObject({ port: z.int().min(0).max(65_535).optional(), bind_address: z.string().optional() });
const ownSchema = z.strictObject({
  server: listen.optional(),
  grpc: z.strictObject({ connect_timeout_ms: timeout.optional(), rpc_timeout_ms: timeout.optional() }).optional(),
  metrics: listen.optional(),
  logging: z.strictObject({ level: z.string().optional(), format: z.string().optional() }).optional(),
});

/** The agent's own document as one of Fulcrum's; null when the file is one of Fulcrum's already. */
function ownDocument({ tree, where }: Source, file: string): object | null {
  const value = plainValue(tree);
  if (!isOwn(value)) return null;
  const parsed = ownSchema.safeParse(value);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue): ConfigIssue => {
        const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
        return { ...where(originOfValue(tree, path)), file, path: path.join('.'), message: issue.message };
      }),
    );
  }
  const { server, grpc, metrics, logging } = parsed.data;
  return {
    agent: {
      ...(server === undefined ? {} : { listen: listenText(server, 5555) }),
      ...(metrics === undefined ? {} : { metrics: listenText(metrics, 9090) }),
      ...(grpc?.connect_timeout_ms === undefined ? {} : { connect_timeout: `${grpc.connect_timeout_ms}ms` }),
      ...(grpc?.rpc_timeout_ms === undefined ? {} : { rpc_timeout: `${grpc.rpc_timeout_ms}ms` }),
    },
    log: {
      ...(logging?.level === undefined ? {} : { level: logging.level.toLowerCase() }),
      ...(logging?.format === undefined ? {} : { format: logging.format }),
    },
  };
}

/** `metrics` alone is a section of both: its keys tell. */
function isOwn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'agent' in value) return false;
  if ('server' in value || 'grpc' in value || 'logging' in value) return true;
  const metrics = 'metrics' in value ? value.metrics : null;
  return typeof metrics === 'object' && metrics !== null && ('port' in metrics || 'bind_address' in metrics);
}

function listenText({ port, bind_address: address = '0.0.0.0' }: z.infer<typeof listen>, defaultPort: number): string {
  return hostPort(address, port ?? defaultPort);
}

/** Errors name the variable that was set, not the one that it stands for. */
function withOriginalNames<T>(originals: ReadonlyMap<string, string>, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      error.issues.map((issue) => ({
        ...issue,
        file: issue.file.replace(/FULCRUM_\w+/, (variable) => originals.get(variable) ?? variable),
      })),
    );
  }
}

const problem = (file: string, path: string, message: string): ConfigError =>
  new ConfigError([unplacedIssue({ file, path, message })]);
