import type { CheckCommon, CheckConfig, TlsOptions } from '../../model/config.js';
import { type Nanoseconds, NS_PER_S, ns } from '../../model/units.js';
import type { CheckDocument } from '../schema/checks.js';

const DEFAULT_TIMEOUT = 5 * NS_PER_S;
const DEFAULT_LONGEST_BACKOFF = 60 * NS_PER_S;

export type ResolvePath = (path: string) => string;

export const buildCheck = (check: CheckDocument, resolve: ResolvePath): CheckConfig => {
  const common = buildCommon(check);
  switch (check.type) {
    case 'tcp':
      return { type: 'tcp', ...common, ...buildTls(check, resolve), send: check.send, receive: check.receive };
    case 'udp':
      return { type: 'udp', ...common, send: check.send, receive: check.receive };
    case 'http':
      return {
        type: 'http',
        ...common,
        ...buildTls(check, resolve),
        method: check.method,
        path: check.path,
        host: check.host,
        headers: check.headers,
        body: check.body,
        expectedCodes: check.expected_codes,
        receive: check.receive,
        receiveRegex: check.receive_regex,
        proxy: check.proxy,
        http2: check.http2,
        keepAlive: check.keep_alive,
      };
    case 'icmp':
      return { type: 'icmp', ...common, payloadSize: check.payload_size };
    case 'dns':
      return {
        type: 'dns',
        ...common,
        query: check.query,
        record: check.record,
        expected: check.expected,
        rcode: check.rcode,
        serverPort: check.server_port,
        tcp: check.tcp,
      };
    case 'radius':
      return {
        type: 'radius',
        ...common,
        username: check.username,
        password: check.password,
        secret: check.secret,
        expect: check.expect,
      };
    case 'grpc':
      return {
        type: 'grpc',
        ...common,
        ...buildTls(check, resolve),
        service: check.service,
        authority: check.authority,
        watch: check.watch,
      };
    case 'postgres':
    case 'redis':
    case 'qdrant':
      return { type: check.type, ...common, url: check.url, keepAlive: check.keep_alive };
    case 'custom':
      return { type: 'custom', ...common, name: check.name };
    default:
      return check satisfies never;
  }
};

const buildCommon = (check: CheckDocument): CheckCommon => ({
  intervalNs: check.interval,
  timeoutNs: check.timeout ?? least(check.interval, DEFAULT_TIMEOUT),
  retries: check.retries,
  rise: check.rise,
  backoff:
    check.backoff === null
      ? null
      : {
          factor: check.backoff.factor,
          maxNs: check.backoff.max ?? ns(Math.max(check.interval, DEFAULT_LONGEST_BACKOFF)),
        },
  jitter: check.jitter,
  mode: check.mode,
  source: check.source,
  port: check.port,
});

const least = (left: Nanoseconds, right: number): Nanoseconds => ns(Math.min(left, right));

type TlsDocument = Extract<CheckDocument, { readonly tls: boolean }>;

const buildTls = (check: TlsDocument, resolve: ResolvePath): TlsOptions => ({
  tls: check.tls,
  tlsVerify: check.tls_verify,
  serverName: check.server_name,
  caFile: check.ca_file === null ? null : resolve(check.ca_file),
  certFile: check.cert_file === null ? null : resolve(check.cert_file),
  keyFile: check.key_file === null ? null : resolve(check.key_file),
});
