/** A whole runtime in this process, with the API on a socket and a port of its own, over real backends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createRuntime, type Runtime } from '../../../src/index.js';
import { freePort } from '../fixtures/ports.js';
import { type BackendProcess, startBackend } from '../peers/backends.js';
import { until } from '../until.js';
import { type Answer, type AskOptions, askHttp } from './gateway-rig.js';

export type Live = {
  readonly runtime: Runtime;
  readonly backends: readonly BackendProcess[];
  readonly vip: number;
  readonly socketPath: string;
  readonly configFile: string;
  /** The document as it was written; the file has another with `rewrite`. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly rewrite: (document: object) => void;
  readonly httpPort: () => number;
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answer>;
};

export const tokenOfTests = 'a-token-of-the-tests.1';

/** `sections` replace those of the document. */
export async function startLive(t: ExecutionContext, sections: Readonly<Record<string, unknown>> = {}): Promise<Live> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-live-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'token'), tokenOfTests);
  const backends = await Promise.all([startBackend(t), startBackend(t)]);
  const vip = await freePort();
  const socketPath = join(directory, 'fulcrum.sock');
  const configFile = join(directory, 'config.yaml');
  const document = {
    node: { name: 'live', state_dir: directory },
    control: { socket: socketPath, http: '127.0.0.1:0', grpc: null, token_file: 'token' },
    dataplane: { driver: 'proxy' },
    runtime: { monitor_shards: 1 },
    services: [
      {
        name: 'web',
        address: '127.0.0.1',
        port: vip,
        scheduler: 'rr',
        checks: [{ type: 'http', path: '/healthz', interval: '1s', timeout: '1s' }],
        backends: backends.map(({ port }, index) => ({ name: 'ab'[index], address: '127.0.0.1', port })),
      },
    ],
    ...sections,
  };
  const rewrite = (next: object) => writeFileSync(configFile, JSON.stringify(next));
  rewrite(document);
  const runtime = await createRuntime(configFile, { drills: true });
  t.teardown(() => runtime.stop());
  const httpPort = () => {
    const listener = runtime.status().listeners.find(({ name }) => name === 'control.http');
    return Number(new URL(listener?.address ?? '').port);
  };
  await until(() => runtime.status().services[0]?.backends.every(({ state }) => state === 'healthy') === true);
  await until(() => runtime.status().listeners.length >= 2);
  return {
    runtime,
    backends,
    vip,
    socketPath,
    configFile,
    document,
    rewrite,
    httpPort,
    ask: (method, path, options = {}) =>
      askHttp(options.door === 'tcp' ? { host: '127.0.0.1', port: httpPort() } : { socketPath }, method, path, options),
  };
}
