/** What is checked in the benches: many addresses of this host, all of 127.0.0.0/8, at one port. */
import { tcpCheck } from '../../src/checks/probing/plain-check.js';
import type { TcpCheck } from '../../src/checks/tcp/index.js';
import type { CheckConfig } from '../../src/model/config.js';
import { nsFromMs } from '../../src/model/units.js';
import { httpCheck } from '../support/plain-checks.js';

export type Load = {
  readonly type: 'tcp' | 'http';
  readonly targets: number;
  readonly intervalMs: number;
  readonly port: number;
  /** Until the first probes are over. */
  readonly warmMs: number;
  readonly measureMs: number;
};

/** First probes are spread over 4,000 a second, or over an interval. */
export const warmMsOf = (targets: number, intervalMs: number): number =>
  Math.min(targets / 4, intervalMs) + Math.min(intervalMs, 5000) + 1500;

export const addressOf = (index: number): string => `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;

const timesOf = (intervalMs: number) => ({
  intervalNs: nsFromMs(intervalMs),
  timeoutNs: nsFromMs(Math.min(intervalMs, 1000)),
  retries: 2,
});

export const tcpCheckOf = (intervalMs: number): TcpCheck => ({ ...tcpCheck, ...timesOf(intervalMs) });

export const checkOf = ({ type, intervalMs }: Load): CheckConfig =>
  type === 'tcp' ? tcpCheckOf(intervalMs) : { ...httpCheck, ...timesOf(intervalMs) };

/** What a contender did with a load. */
export type Figures = {
  /** Per second, that ended in the measured time. */
  readonly rate: number;
  readonly failed: number;
  /** Processor time of the whole process, user and system. */
  readonly cpuUsPerCheck: number;
  readonly cpuPercent: number;
  readonly rssMb: number;
  /** How late a check was started at the 99th percentile; null where the contender does not tell. */
  readonly latenessP99Ms: number | null;
};
