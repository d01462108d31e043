/**
 * `fulcrum/health`: the health of a service's own dependencies, for its load balancer and its orchestrator. Stands alone:
 * it needs neither the daemon nor the runtime.
 */
export { type AggregatedHealth, isReady, type Liveness, type SimpleHealth } from './aggregate.js';
export { HealthChecker, type HealthCheckerOptions } from './checker.js';
export { ComponentHealth, type ComponentOptions, type HealthCheck, type HealthStatus } from './component.js';
export type { PostgresClient, PostgresPool, PostgresTarget } from './components/postgres.js';
export type { QdrantOptions } from './components/qdrant.js';
export type { RedisPinger, RedisTarget } from './components/redis.js';
export type { DetailsRule } from './details.js';
export { answerEndpoint, type EndpointAnswer, type EndpointPath, endpointPaths } from './endpoints.js';
export {
  expressRouter,
  fastifyPlugin,
  type HandlerOptions,
  type HealthMiddleware,
  httpHandler,
} from './handlers.js';
export type { Timing } from './timing.js';
