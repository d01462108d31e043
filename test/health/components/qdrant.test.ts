import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { HealthChecker } from '../../../src/health/index.js';

/** An HTTP double of Qdrant: the real one is not packaged. */
async function double(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const componentOf = async (checker: HealthChecker) => (await checker.checkAll()).components[0];

test('GET /health with a 2xx is healthy', async (t) => {
  const paths: string[] = [];
  const url = await double(t, (request, response) => {
    paths.push(`${request.method} ${request.url}`);
    response.end('ok');
  });
  const component = await componentOf(new HealthChecker().withQdrant(url));
  t.like(component, { name: 'qdrant', status: 'healthy', critical: true });
  t.deepEqual(paths, ['GET /health']);
});

test('where /health is not known, /healthz is asked, and stays', async (t) => {
  const paths: string[] = [];
  const url = await double(t, (request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(request.url === '/sub/healthz' ? 200 : 404).end();
  });
  const checker = new HealthChecker().withQdrant(`${url}/sub`);
  t.is((await componentOf(checker))?.status, 'healthy');
  t.is((await componentOf(checker))?.status, 'healthy');
  t.deepEqual(paths, ['/sub/health', '/sub/healthz', '/sub/healthz']);
});

test('an error, a redirect and two 404 are unhealthy', async (t) => {
  let status = 503;
  const url = await double(t, (_request, response) => void response.writeHead(status, { location: '/x' }).end());
  const checker = new HealthChecker().withQdrant(url);
  t.is((await componentOf(checker))?.message, 'GET /health answered 503');
  status = 302;
  t.is((await componentOf(checker))?.message, 'GET /health answered 302');
  status = 404;
  t.is((await componentOf(checker))?.message, 'GET /health and /healthz answered 404');
});

test('keys and passwords are sent, and not shown', async (t) => {
  const seen: unknown[] = [];
  const url = await double(t, (request, response) => {
    seen.push(request.headers['api-key'], request.headers.authorization);
    response.end();
  });
  const withUser = url.replace('//', '//me:p%40ss@');
  t.is((await componentOf(new HealthChecker().withQdrant(withUser, { apiKey: 'k' })))?.status, 'healthy');
  t.deepEqual(seen, ['k', `Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
  const refused = await componentOf(new HealthChecker().withQdrant('http://me:hidden@127.0.0.1:1'));
  t.regex(refused?.message ?? '', /ECONNREFUSED|bad port/);
  t.notRegex(refused?.message ?? '', /hidden/);
});

test('a server that never answers is cut off at the limit', async (t) => {
  let onClose = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    onClose = resolve;
  });
  const url = await double(t, (request) => void request.socket.on('close', onClose));
  // Long enough for the request to reach the server on a busy machine: it is the closing that counts.
  const checker = new HealthChecker({ timeoutMs: 2000 }).withQdrant(url);
  t.like(await componentOf(checker), { latency_ms: 2000, message: 'Health check timed out after 2s' });
  await closed;
});
