import type { CheckCommon, TlsOptions } from '../../model/config.js';
import { nsFromMs } from '../../model/units.js';
import type { TcpCheck } from '../tcp/index.js';

/** What every check has, with nothing but the defaults. */
export const plainCheck: CheckCommon = {
  intervalNs: nsFromMs(1000),
  timeoutNs: nsFromMs(5000),
  retries: 0,
  rise: 1,
  retryIntervalNs: null,
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

export const tcpCheck: TcpCheck = { ...plainCheck, ...noTls, type: 'tcp', send: null, receive: null };
