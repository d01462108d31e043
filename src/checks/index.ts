/** Every checker: one line each. */
import type { BuiltInCheckType, CheckConfig } from '../model/config.js';
import type { CheckerContext } from '../model/probe.js';
import { monotonicNow } from '../os/clock/clock.js';
import { dns } from './dns/index.js';
import { grpc } from './grpc/index.js';
import { http } from './http/index.js';
import { icmp } from './icmp/index.js';
import { postgres } from './postgres/index.js';
import type { CheckerDescriptor } from './probing/descriptor.js';
import { NameCache } from './probing/resolve.js';
import { qdrant } from './qdrant/index.js';
import { radius } from './radius/index.js';
import { redis } from './redis/index.js';
import { tcp } from './tcp/index.js';
import { udp } from './udp/index.js';

type Checkers = Readonly<Record<BuiltInCheckType, CheckerDescriptor>>;
type TypedCheckers = {
  readonly [T in BuiltInCheckType]: CheckerDescriptor<Extract<CheckConfig, { readonly type: T }>>;
};

const typed: TypedCheckers = { tcp, udp, http, icmp, dns, radius, grpc, postgres, redis, qdrant };

/** A checker takes only the specs of its own type: whoever takes one by a spec's type gives it that spec. */
export const checkers = typed as unknown as Checkers;

/** What checkers get in a real thread: its clock, and a name cache of its own. */
export const createCheckerContext = (): CheckerContext => ({ now: monotonicNow, resolve: new NameCache().resolve });
