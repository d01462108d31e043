/** The recipes of docs/health.md and the alert rules, tried with the programs that they are for. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { endpointPaths, HealthChecker, httpHandler } from '../../../src/health/index.js';
import { allMetrics } from '../../support/fixtures/metrics.js';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';
import { startServer } from '../../support/peers/server-process.js';
import { toolPath } from '../../support/peers/tool-path.js';

const page = readFileSync('docs/health.md', 'utf8');

function recipe(language: string): string {
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(page)?.[1];
  if (block === undefined) throw new Error(`docs/health.md has no ${language} block`);
  return block;
}

function scratch(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-recipe-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A service whose one critical component is as `healthy` says at the time. */
async function service(t: ExecutionContext, healthy: () => boolean): Promise<number> {
  const checker = new HealthChecker({ version: '0.1.0' }).addCheck({
    name: 'db',
    critical: true,
    async check() {
      if (!healthy()) throw new Error('db is down');
      return undefined;
    },
  });
  const server = createServer(httpHandler(checker));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('the Kubernetes probes name endpoints that exist, with patience beyond the limit', (t) => {
  const probes: Record<string, { httpGet: { path: string }; timeoutSeconds: number }> = parse(recipe('yaml'));
  for (const probe of Object.values(probes)) t.true((endpointPaths as readonly string[]).includes(probe.httpGet.path));
  t.true((probes['readinessProbe']?.timeoutSeconds ?? 0) * 1000 > new HealthChecker().timeoutMs);
});

needs('nginx')('nginx takes the healthy backend, and hides messages from those it forwards', async (t) => {
  const directory = scratch(t);
  let secondHealthy = false;
  const ports = [await service(t, () => false), await service(t, () => secondHealthy)];
  const front = await freePort();
  const site = recipe('nginx')
    .replace('127.0.0.1:8080', `127.0.0.1:${ports[0]}`)
    .replace('127.0.0.1:8081', `127.0.0.1:${ports[1]}`)
    .replace('127.0.0.1:8000', `127.0.0.1:${front}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (each) => `${each}_temp_path ${directory};`,
  );
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; pid ${directory}/pid; error_log stderr notice; events {} http { access_log off; ${temporary.join(' ')} ${site} }`,
  );
  const nginx = await startServer({
    command: 'nginx',
    args: ['-p', directory, '-c', 'nginx.conf'],
    ready: /start worker process \d/,
  });
  t.teardown(() => nginx.stop());
  const direct = await fetch(`http://127.0.0.1:${ports[1]}/health/ready`);
  t.regex(await direct.text(), /db is down/);
  const forwarded = await fetch(`http://127.0.0.1:${front}/health/ready`);
  t.is(forwarded.status, 503);
  t.regex(await forwarded.text(), /"status":"unhealthy","latency_ms":\d+,"critical":true}/);
  secondHealthy = true;
  for (let round = 0; round < 6; round++) {
    t.is((await fetch(`http://127.0.0.1:${front}/health`)).status, 200);
  }
});

needs('haproxy')('haproxy marks the backends by their answers', async (t) => {
  const directory = scratch(t);
  const ports = [await service(t, () => false), await service(t, () => true)];
  const stats = await freePort();
  const backend = recipe('haproxy')
    .replace('127.0.0.1:8080', `127.0.0.1:${ports[0]}`)
    .replace('127.0.0.1:8081', `127.0.0.1:${ports[1]}`)
    .replace('inter 5s rise 2 fall 3', 'inter 100ms rise 1 fall 1');
  const defaults = 'defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n';
  const statsPage = `frontend stats\n bind 127.0.0.1:${stats}\n stats enable\n stats uri /stats\n`;
  writeFileSync(join(directory, 'haproxy.cfg'), `${defaults}${statsPage}${backend}`);
  const haproxy = await startServer({
    command: 'haproxy',
    args: ['-db', '-f', join(directory, 'haproxy.cfg')],
    ready: /api1 is DOWN/,
  });
  t.teardown(() => haproxy.stop());
  const csv = await (await fetch(`http://127.0.0.1:${stats}/stats;csv`)).text();
  const stateOf = (server: string) =>
    csv
      .split('\n')
      .find((line) => line.startsWith(`media_gateway,${server},`))
      ?.split(',')[17];
  t.deepEqual([stateOf('api1'), stateOf('api2')], ['DOWN', 'UP']);
});

test('the alert rules look at a metric that exists', (t) => {
  const rules: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
    readFileSync('packaging/prometheus/health.rules.yml', 'utf8'),
  );
  const alerts = rules.groups.flatMap((group) => group.rules);
  t.deepEqual(
    alerts.map(({ alert }) => alert),
    ['ServiceUnhealthy', 'ServiceDegraded'],
  );
  for (const { expr } of alerts) t.regex(expr, /^health_check_status\{status="(unhealthy|degraded)"\} > 0$/);
});

test('the alert rules for what the daemon looks after name metrics that it exports', (t) => {
  const rules: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
    readFileSync('packaging/prometheus/fulcrum.rules.yml', 'utf8'),
  );
  const alerts = rules.groups.flatMap((group) => group.rules);
  t.is(alerts.length, 9);
  for (const { alert, expr } of alerts) {
    const named = [...expr.matchAll(/\b(?:fulcrum|keepalived)_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''));
    t.true(named.length > 0, alert);
    for (const name of named)
      t.true(
        allMetrics.some((metric) => metric.name === name),
        `${alert}: ${name}`,
      );
  }
});

const ruleFiles = readdirSync('packaging/prometheus').filter((name) => name.endsWith('.rules.yml'));

for (const rules of ruleFiles) {
  needs('promtool')(`promtool: ${rules} is valid and fires when it should`, (t) => {
    for (const args of [
      ['check', 'rules', rules],
      ['test', 'rules', rules.replace(/yml$/, 'test.yml')],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, {
        cwd: 'packaging/prometheus',
        encoding: 'utf8',
        env: { PATH: toolPath() },
      });
      t.is(status, 0, stdout + stderr);
    }
  });
}
