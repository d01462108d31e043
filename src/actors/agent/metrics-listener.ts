import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Listen } from '../../model/config.js';
import { messageOf } from '../../model/errors.js';
import type { MetricSample } from '../../model/observing/state-item.js';
import { parseInJavaScript } from '../../os/process/terminable.js';
import { MetricTable } from '../../wire/metrics/table.js';
import { METRICS_TYPE, tableText } from '../gateway/http/prometheus.js';
import { limitConnections } from '../gateway/listeners/connection-places.js';
import { checkHost, isLoopback } from '../gateway/listeners/guard.js';
import { listenFailure } from '../gateway/listeners/listen-error.js';
import { DOOR_LIMITS, MAX_HEADER_BYTES } from '../gateway/listeners/listener-limits.js';
import { metrics } from './metrics.js';

export interface MetricsListener {
  readonly address: AddressInfo;
  stop(): Promise<void>;
}

const SERVER_LIMITS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: DOOR_LIMITS.headersTimeoutMs,
  requestTimeout: DOOR_LIMITS.requestTimeoutMs,
  connectionsCheckingInterval: DOOR_LIMITS.timeoutCheckMs,
  keepAliveTimeout: DOOR_LIMITS.keepAliveTimeoutMs,
};

/** As the control API's: a stranger's page must not read what is for this machine. */
function hostRefusal(host: string | undefined): string | null {
  try {
    checkHost([hostname().toLowerCase()], host);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Serves the agent's five metrics, and nothing else, on `/metrics`. `take` gives what was counted since the last call. */
export function serveAgentMetrics(listen: Listen, take: () => readonly MetricSample[]): Promise<MetricsListener> {
  const table = new MetricTable(Object.values(metrics));
  const server = createServer(SERVER_LIMITS, (request, response) => {
    const refused = isLoopback(listen.host) ? hostRefusal(request.headers.host) : null;
    if (refused !== null) {
      response.writeHead(421, { 'content-type': 'text/plain' }).end(`${refused}\n`);
      return;
    }
    if (request.url?.split('?', 1)[0] !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('the metrics are at /metrics\n');
      return;
    }
    for (const sample of take()) table.add('agent', sample);
    void tableText(table).then((text) => response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text));
  });
  parseInJavaScript(server);
  server.setTimeout(DOOR_LIMITS.idleTimeoutMs);
  limitConnections(server, DOOR_LIMITS.connections, () => {});
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = `${listen.host}:${listen.port}`;
      reject(listenFailure(`the agent's metrics cannot be served on ${where}`, error));
    });
    server.listen(listen.port, listen.host, () => {
      resolve({
        address: server.address() as AddressInfo,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped());
            server.closeAllConnections();
          }),
      });
    });
  });
}
