/** Checks with nothing but the defaults, for the benches and the tests. */
import type { CheckCommon, HttpCheck, TcpCheck, TlsOptions } from '../../src/config/model.js';
import { nsFromMs } from '../../src/wire/units.js';

export const common: CheckCommon = {
  intervalNs: nsFromMs(1000),
  timeoutNs: nsFromMs(5000),
  retries: 0,
  rise: 1,
  backoff: null,
  jitter: 0,
  mode: 'plain',
  source: null,
  port: null,
};

export const noTls: TlsOptions = {
  tls: false,
  tlsVerify: true,
  serverName: null,
  caFile: null,
  certFile: null,
  keyFile: null,
};

export const tcpCheck: TcpCheck = { ...common, ...noTls, type: 'tcp', send: null, receive: null };

export const httpCheck: HttpCheck = {
  ...common,
  ...noTls,
  type: 'http',
  method: 'GET',
  path: '/',
  host: null,
  headers: {},
  body: null,
  expectedCodes: [{ from: 200, to: 200 }],
  receive: null,
  receiveRegex: null,
  proxy: false,
  http2: false,
  keepAlive: false,
};
