import { dirname, join } from 'node:path';
import { filter, firstValueFrom } from 'rxjs';
import type { ConfigDocument } from '../config/document.js';
import { createRuntime } from '../runtime.js';
import { nextSignalInTime } from './end-in-time.js';

export type HealthcheckServerOptions = {
  readonly socket: string;
  readonly owner?: string;
  readonly batchDelay?: string;
  readonly batchSize?: string;
  readonly notifyInterval?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
};

/** The runtime's own stop has a limit of 35 s; one that hangs in its start is not told of the signal. */
const STOP_LIMIT_MS = 40_000;

/** Runs until a signal, or a client, ends it. @throws what `createRuntime` throws, and what ended the runtime by itself */
export async function runHealthcheckServer(options: HealthcheckServerOptions): Promise<void> {
  const stopped = nextSignalInTime(STOP_LIMIT_MS);
  const { env } = process;
  const document: ConfigDocument = {
    // What systemd's StateDirectory= gives, else a folder beside the socket, which is writable in any case.
    node: { state_dir: env['STATE_DIRECTORY'] ?? join(dirname(options.socket), '.healthcheck-server') },
    control: { socket: null, http: null, grpc: null },
    dataplane: { driver: 'dry-run' },
    healthcheck_server: { socket: options.socket, ...(options.owner === undefined ? {} : { owner: options.owner }) },
  };
  await using runtime = await createRuntime(document, {
    logger: 'stderr',
    serviceManager: true,
    load: {
      env: { ...logEnv(env), ...env },
      flags: {
        'healthcheck_server.batch_delay': options.batchDelay,
        'healthcheck_server.batch_size': options.batchSize,
        'healthcheck_server.notify_interval': options.notifyInterval,
        'log.level': options.logLevel,
        'log.format': options.logFormat,
      },
    },
  });
  const asked = firstValueFrom(runtime.events$.pipe(filter(({ type }) => type === 'shutdown-request')));
  await Promise.race([stopped, asked, runtime.ended]);
}

/** The seed's `RUST_LOG=debug`, or `RUST_LOG=healthcheck_server=debug`. */
function logEnv({ RUST_LOG }: NodeJS.ProcessEnv): Record<string, string> {
  const level = /(?:^|[=,])(trace|debug|info|warn|error)(?:$|,)/i.exec(RUST_LOG ?? '')?.[1];
  return level === undefined ? {} : { FULCRUM_LOG_LEVEL: level.toLowerCase() };
}
