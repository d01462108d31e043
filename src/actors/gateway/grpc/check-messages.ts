/** seesaw.healthcheck messages: a CheckConfig as what is probed, and a status as a CheckResult. Pure. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { SYSTEM_RESOLVER } from '../../../checks/probing/system-names.js';
import { SafeMessages } from '../../../config/safe-messages.js';
import { buildCheck } from '../../../config/sections/checks/build.js';
import { check as checkDocument } from '../../../config/sections/checks/schema.js';
import type { ProbeSpec } from '../../../model/probe.js';
import { NS_PER_MS } from '../../../model/units.js';
import type { TargetStatus } from '../../../wire/links/targets.js';

const DNS_PORT = 53;

/** Unsigned 64 bits, as decimal text: a double would lose digits of Seesaw's ids. */
const id = z.string().regex(/^\d{1,20}$/);
const bytes = z.instanceof(Uint8Array);
const ip = z.string();
const port = z.int();

/** The envelope alone: what is wrong further inside is told with the check's id. */
export const checkMessage = z.looseObject({ id, remove: z.boolean() });
export type CheckMessage = z.output<typeof checkMessage>;
export const configUpdateMessage = z.object({ configs: z.array(checkMessage) });

const common = z.object({
  interval: z.string(),
  timeout: z.string(),
  retries: z.int(),
  rise: z.int(),
  mode: z.string(),
  mark: z.int(),
  source: z.string(),
});
const kinds = {
  tcp: z.object({
    ip,
    port,
    send: bytes,
    receive: bytes,
    secure: z.boolean(),
    tls_skip_verify: z.boolean(),
    server_name: z.string(),
  }),
  http: z.object({
    ip,
    port,
    method: z.string(),
    path: z.string(),
    expected_codes: z.array(z.int()),
    secure: z.boolean(),
    host: z.string(),
    headers: z.record(z.string(), z.string()),
    receive: bytes,
    tls_skip_verify: z.boolean(),
    server_name: z.string(),
    proxy: z.boolean(),
  }),
  dns: z.object({ query: z.string(), expected_ips: z.array(z.string()), ip, port, record: z.string() }),
  udp: z.object({ ip, port, send: bytes, receive: bytes }),
  icmp: z.object({ ip }),
  radius: z.object({ ip, port, username: z.string(), password: z.string(), secret: z.string(), expect: z.string() }),
  grpc: z.object({
    ip,
    port,
    service: z.string(),
    authority: z.string(),
    secure: z.boolean(),
    tls_skip_verify: z.boolean(),
  }),
} as const;
type Kinds = { readonly [K in keyof typeof kinds]: z.output<(typeof kinds)[K]> };
type Target = { readonly host: string; readonly port: number; readonly options: object };

/** Throws ZodError, whose paths are the message's or the configuration's option names. */
export function probeOf(message: CheckMessage): ProbeSpec {
  const { interval, timeout, retries, rise, mode, mark, source } = common.parse(message);
  const { type, target } = targetOf(message);
  const document = {
    ...target.options,
    type,
    retries,
    ...given({ interval, timeout, mode, source }),
    ...(rise === 0 ? {} : { rise }),
  };
  const parsed = checkDocument.safeParse(document);
  if (!parsed.success) {
    const safe = new SafeMessages(document);
    throw new z.ZodError(parsed.error.issues.map((issue) => ({ ...issue, message: safe.of(issue) })));
  }
  return {
    host: target.host,
    port: target.port,
    check: buildCheck(parsed.data, (path) => path),
    mark: mark === 0 ? null : mark,
  };
}

function targetOf(message: CheckMessage): { readonly type: keyof Kinds; readonly target: Target } {
  const type = z
    .enum(Object.keys(kinds) as [keyof Kinds, ...(keyof Kinds)[]], {
      error: `one checker of ${Object.keys(kinds).join(', ')} is expected`,
    })
    .parse(message['checker_type'], { error: () => `one checker of ${Object.keys(kinds).join(', ')} is expected` });
  const target = targets[type](message[type]);
  const problem = z.object({
    ip: z.string().refine((host) => isIP(host) !== 0 || (type === 'dns' && host === SYSTEM_RESOLVER), {
      error: 'an IPv4 or IPv6 address is expected',
    }),
    port: z
      .int()
      .min(type === 'icmp' ? 0 : 1, { error: 'a port is 1-65535' })
      .max(65_535, { error: 'a port is 1-65535' }),
  });
  problem.parse({ ip: target.host, port: target.port });
  return { type, target };
}

const targets: { readonly [K in keyof Kinds]: (value: unknown) => Target } = {
  tcp: (value) => {
    const { ip: host, port: to, send, receive, ...tls } = kinds.tcp.parse(value);
    return { host, port: to, options: { ...payload({ send, receive }), ...tlsOptions(tls) } };
  },
  http: (value) => {
    const http = kinds.http.parse(value);
    // The original's readings of "any": none, or a single 0.
    const any = http.expected_codes.every((code) => code === 0);
    return {
      host: http.ip,
      port: http.port,
      options: {
        ...given({ method: http.method, path: http.path, host: http.host }),
        headers: http.headers,
        expected_codes: any ? [] : http.expected_codes,
        proxy: http.proxy,
        ...payload({ receive: http.receive }),
        ...tlsOptions(http),
      },
    };
  },
  dns: (value) => {
    const dns = kinds.dns.parse(value);
    const server = dns.ip === '' ? { host: SYSTEM_RESOLVER, port: DNS_PORT } : { host: dns.ip, port: dns.port };
    const options = { query: dns.query, expected: dns.expected_ips, ...given({ record: dns.record }) };
    return { host: server.host, port: server.port === 0 ? 53 : server.port, options };
  },
  udp: (value) => {
    const { ip: host, port: to, send, receive } = kinds.udp.parse(value);
    return { host, port: to, options: payload({ send, receive }) };
  },
  icmp: (value) => ({ host: kinds.icmp.parse(value).ip, port: 0, options: {} }),
  radius: (value) => {
    const { ip: host, port: to, username, password, secret, expect } = kinds.radius.parse(value);
    const options = { username, password, secret, ...given({ expect }) };
    return { host, port: to === 0 ? 1812 : to, options };
  },
  grpc: (value) => {
    const grpc = kinds.grpc.parse(value);
    const options = { service: grpc.service, ...given({ authority: grpc.authority }) };
    return {
      host: grpc.ip,
      port: grpc.port,
      options: { ...options, tls: grpc.secure, tls_verify: !grpc.tls_skip_verify },
    };
  },
};

/** The options that are not empty: the others have the configuration's defaults. */
const given = (options: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== ''));

/** As the configuration writes bytes: each as a C escape. */
const payload = (options: Readonly<Record<string, Uint8Array>>): object =>
  Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value.byteLength > 0)
      .map(([name, value]) => [name, Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')]),
  );

const tlsOptions = (tls: {
  readonly secure: boolean;
  readonly tls_skip_verify: boolean;
  readonly server_name: string;
}): object => ({
  tls: tls.secure,
  ...(tls.secure ? { tls_verify: !tls.tls_skip_verify, ...given({ server_name: tls.server_name }) } : {}),
});

export type CheckResult = {
  readonly id: string;
  readonly state: 'UNKNOWN' | 'UNHEALTHY' | 'HEALTHY';
  readonly last_check_ms: number;
  readonly duration_ms: number;
  readonly failures: number;
  readonly successes: number;
  readonly message: string;
  readonly error: string;
};

const states = { unknown: 'UNKNOWN', unhealthy: 'UNHEALTHY', healthy: 'HEALTHY' } as const;

export const resultOf = (checkId: string, status: TargetStatus): CheckResult => ({
  id: checkId,
  state: states[status.state],
  last_check_ms: status.lastCheckMs,
  duration_ms: status.durationNs / NS_PER_MS,
  failures: status.failures,
  successes: status.successes,
  message: status.message,
  error: '',
});

export const errorResult = (checkId: string, error: string): CheckResult => ({
  id: checkId,
  state: 'UNKNOWN',
  last_check_ms: 0,
  duration_ms: 0,
  failures: 0,
  successes: 0,
  message: '',
  error,
});
