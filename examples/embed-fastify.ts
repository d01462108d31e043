/**
 * Fulcrum inside a Fastify app: the app shows what the load balancer knows, and its own health behind /health.
 * `node dist/examples/embed-fastify.js CONFIG [PORT]`
 */
import Fastify from 'fastify';
import { createRuntime } from 'fulcrum';
import { fastifyPlugin, HealthChecker } from 'fulcrum/health';

const [config = 'examples/proxy.toml', port = '3000'] = process.argv.slice(2);

const app = Fastify({ logger: { level: 'warn' } });
const runtime = await createRuntime(config, { logger: app.log });
app.addHook('onClose', () => runtime.stop());

const health = new HealthChecker({ timeoutMs: 2000 }).addCheck({
  name: 'services',
  critical: true,
  check: async () => {
    const down = runtime.status().services.filter(({ healthy }) => !healthy);
    if (down.length > 0) throw new Error(`down: ${down.map(({ name }) => name).join(', ')}`);
    return undefined;
  },
});
await app.register(fastifyPlugin(health));
app.get('/services', () => runtime.status().services);

process.once('SIGTERM', () => void app.close());
console.log(`listening on ${await app.listen({ host: '127.0.0.1', port: Number(port) })}`);
