/** Every checker: what it says of itself, and the module that makes it, which only who probes loads. */
import { dns } from './dns/index.js';
import { grpc } from './grpc/index.js';
import { http } from './http/index.js';
import { icmp } from './icmp/index.js';
import { postgres } from './postgres/index.js';
import type { CheckerDescriptor } from './probing/descriptor.js';
import { qdrant } from './qdrant/index.js';
import { radius } from './radius/index.js';
import { redis } from './redis/index.js';
import { tcp } from './tcp/index.js';
import { udp } from './udp/index.js';

export const checkers = {
  tcp: { ...tcp, load: async () => (await import('./tcp/checker.js')).createTcpChecker },
  udp: { ...udp, load: async () => (await import('./udp/checker.js')).createUdpChecker },
  http: { ...http, load: async () => (await import('./http/checker.js')).createHttpChecker },
  icmp: { ...icmp, load: async () => (await import('./icmp/checker.js')).createIcmpChecker },
  dns: { ...dns, load: async () => (await import('./dns/checker.js')).createDnsChecker },
  radius: { ...radius, load: async () => (await import('./radius/checker.js')).createRadiusChecker },
  grpc: { ...grpc, load: async () => (await import('./grpc/checker.js')).createGrpcChecker },
  postgres: { ...postgres, load: async () => (await import('./postgres/checker.js')).createPostgresChecker },
  redis: { ...redis, load: async () => (await import('./redis/checker.js')).createRedisChecker },
  qdrant: { ...qdrant, load: async () => (await import('./qdrant/checker.js')).createQdrantChecker },
};

/** Undefined for a check of the app that embeds Fulcrum. */
export const descriptorOf = (type: string): CheckerDescriptor | undefined =>
  Object.hasOwn(checkers, type) ? checkers[type as BuiltInCheckType] : undefined;

/** All but those of the app that embeds Fulcrum. */
export type BuiltInCheckType = keyof typeof checkers;
