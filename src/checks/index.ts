/** Every checker: what it says of itself. Only who probes loads its code (`load.ts`). */
import { dns } from './dns/index.js';
import { file } from './file/index.js';
import { grpc } from './grpc/index.js';
import { http } from './http/index.js';
import { icmp } from './icmp/index.js';
import { postgres } from './postgres/index.js';
import type { CheckerDescriptor } from './probing/descriptor.js';
import { qdrant } from './qdrant/index.js';
import { radius } from './radius/index.js';
import { redis } from './redis/index.js';
import { script } from './script/index.js';
import { smtp } from './smtp/index.js';
import { tcp } from './tcp/index.js';
import { udp } from './udp/index.js';

export const checkers = { tcp, udp, http, icmp, dns, radius, grpc, postgres, redis, qdrant, smtp, script, file };

/** Undefined for a check of the app that embeds Fulcrum. */
export const descriptorOf = (type: string): CheckerDescriptor | undefined =>
  Object.hasOwn(checkers, type) ? checkers[type as BuiltInCheckType] : undefined;

/** All but those of the app that embeds Fulcrum. */
export type BuiltInCheckType = keyof typeof checkers;
