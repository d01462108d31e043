import { isReady, withoutDetails } from './aggregate.js';
import type { HealthChecker } from './checker.js';

/** One answer of the health endpoints, for whatever web server is around it. */
export type EndpointAnswer = {
  readonly status: 200 | 405 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; empty for HEAD. */
  readonly body: string;
};

export const endpointPaths = ['/health', '/health/ready', '/liveness'] as const;
export type EndpointPath = (typeof endpointPaths)[number];

export const isEndpoint = (path: string): path is EndpointPath => (endpointPaths as readonly string[]).includes(path);

/** Answers a request to one of the endpoints. `detailed`: the asker may read messages. */
export async function answerEndpoint(
  checker: HealthChecker,
  path: EndpointPath,
  method: string,
  detailed: boolean,
): Promise<EndpointAnswer> {
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { allow: 'GET, HEAD' }, body: '' };
  }
  const { status, value } = await look(checker, path, detailed);
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: method === 'HEAD' ? '' : JSON.stringify(value),
  };
}

async function look(
  checker: HealthChecker,
  path: EndpointPath,
  detailed: boolean,
): Promise<{ readonly status: 200 | 503; readonly value: object }> {
  switch (path) {
    case '/liveness':
      return { status: 200, value: checker.liveness() };
    case '/health': {
      const health = await checker.checkSimple();
      return { status: isReady(health) ? 200 : 503, value: health };
    }
    case '/health/ready': {
      const health = await checker.checkReady();
      return { status: isReady(health) ? 200 : 503, value: detailed ? health : withoutDetails(health) };
    }
    default:
      return path satisfies never;
  }
}
