/** Every type of check, and what makes its checker. */
import type { CheckConfig } from '../model/config.js';
import type { Checker, CheckerContext, CheckerTable } from '../model/probe.js';
import { monotonicNow } from '../os/clock/clock.js';
import { createDnsChecker } from './dns/index.js';
import { createGrpcChecker } from './grpc/index.js';
import { createHttpChecker } from './http/index.js';
import { createIcmpChecker } from './icmp/index.js';
import { createPostgresChecker } from './postgres/index.js';
import { NameCache } from './probing/resolve.js';
import { createQdrantChecker } from './qdrant/index.js';
import { createRadiusChecker } from './radius/index.js';
import { createRedisChecker } from './redis/index.js';
import { createTcpChecker } from './tcp/index.js';
import { createUdpChecker } from './udp/index.js';

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
