/** Every type of check, and what makes its checker. */
import type { CheckConfig } from '../config/model.js';
import { monotonicNow } from '../net/clock.js';
import type { Checker, CheckerContext, CheckerTable } from './checker.js';
import { createDnsChecker } from './dns.js';
import { createGrpcChecker } from './grpc.js';
import { createHttpChecker } from './http.js';
import { createIcmpChecker } from './icmp.js';
import { createPostgresChecker } from './postgres.js';
import { createQdrantChecker } from './qdrant.js';
import { createRadiusChecker } from './radius.js';
import { createRedisChecker } from './redis.js';
import { NameCache } from './resolve.js';
import { createTcpChecker } from './tcp.js';
import { createUdpChecker } from './udp.js';

/** A checker of one type takes only that type's specs; the table is where the type is known to match. */
const erased =
  <C extends CheckConfig>(create: (context: CheckerContext) => Checker<C>): ((context: CheckerContext) => Checker) =>
  (context) =>
    create(context) as unknown as Checker;

export const checkers: CheckerTable = {
  tcp: erased(createTcpChecker),
  udp: erased(createUdpChecker),
  http: erased(createHttpChecker),
  icmp: erased(createIcmpChecker),
  dns: erased(createDnsChecker),
  radius: erased(createRadiusChecker),
  grpc: erased(createGrpcChecker),
  postgres: erased(createPostgresChecker),
  redis: erased(createRedisChecker),
  qdrant: erased(createQdrantChecker),
};

/** What checkers get in a real thread: its clock, and a name cache of its own. */
export const createCheckerContext = (): CheckerContext => ({ now: monotonicNow, resolve: new NameCache().resolve });
