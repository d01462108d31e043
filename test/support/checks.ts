/** Probes as tests write them: a spec from a few fields, one outcome. */
import type { ExecutionContext } from 'ava';
import type { Checker, CheckerContext, Outcome, ProbeSpec } from '../../src/checks/checker.js';
import { ResolveError } from '../../src/checks/ending.js';
import { noTls, plainCheck } from '../../src/checks/plain-check.js';
import { runProbe } from '../../src/checks/run-probe.js';
import type {
  CheckConfig,
  DnsCheck,
  GrpcCheck,
  PostgresCheck,
  QdrantCheck,
  RadiusCheck,
  RedisCheck,
  UdpCheck,
} from '../../src/config/model.js';
import { monotonicNow } from '../../src/net/clock.js';

export { httpCheck } from '../../bench/support/plain-checks.js';
export { noTls, plainCheck, tcpCheck } from '../../src/checks/plain-check.js';

export const udpCheck: UdpCheck = { ...plainCheck, type: 'udp', send: new Uint8Array(), receive: new Uint8Array() };
export const dnsCheck: DnsCheck = {
  ...plainCheck,
  type: 'dns',
  query: 'www.example',
  record: 'A',
  expected: [],
  rcode: 'NOERROR',
  serverPort: null,
  tcp: false,
};

export const radiusCheck: RadiusCheck = {
  ...plainCheck,
  type: 'radius',
  username: 'probe',
  password: 'hidden-word',
  secret: 'shared',
  expect: 'accept',
};

export const grpcCheck: GrpcCheck = {
  ...plainCheck,
  ...noTls,
  type: 'grpc',
  service: '',
  authority: null,
  watch: false,
};

export const postgresCheck: PostgresCheck = { ...plainCheck, type: 'postgres', url: null, keepAlive: false };
export const redisCheck: RedisCheck = { ...plainCheck, type: 'redis', url: null, keepAlive: false };
export const qdrantCheck: QdrantCheck = { ...plainCheck, type: 'qdrant', url: null, keepAlive: false };

/** A context whose names all resolve to loopback, but for `missing.test`. */
export const testContext: CheckerContext = {
  now: monotonicNow,
  resolve: async (host) => {
    if (host === 'missing.test')
      throw new ResolveError('no-such-name', `${host}: the name does not exist or has no address`);
    return '127.0.0.1';
  },
};

/** One probe by a checker of its own, with its time limit kept. */
export async function probeOnce<C extends CheckConfig>(
  create: (context: CheckerContext) => Checker<C>,
  target: { readonly host?: string; readonly port: number; readonly mark?: number },
  check: C,
  context: CheckerContext = testContext,
): Promise<Outcome> {
  const checker = create(context);
  try {
    const spec: ProbeSpec<C> = {
      host: target.host ?? '127.0.0.1',
      port: target.port,
      mark: target.mark ?? null,
      check,
    };
    return await runProbe(checker, spec, context.now);
  } finally {
    checker.close();
  }
}

/** Rounds of one spec with one checker, which keeps its connections. Ended with the test. */
export function series<C extends CheckConfig>(
  t: ExecutionContext,
  create: (context: CheckerContext) => Checker<C>,
  target: { readonly host?: string; readonly port: number },
  check: C,
): () => Promise<string> {
  const checker = create(testContext);
  t.teardown(() => checker.close());
  const spec: ProbeSpec<C> = { host: target.host ?? '127.0.0.1', port: target.port, mark: null, check };
  return async () => summary(await runProbe(checker, spec, testContext.now));
}

/** `healthy: message`, `refused: message` or `error: message`: what assertions look at. */
export function summary(outcome: Outcome): string {
  const word = outcome.kind === 'unhealthy' ? outcome.cause : outcome.kind;
  return `${word}: ${outcome.message}`;
}

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
