/** What holds between the options of one check. */

import { familyOf } from '../../../model/ip-address.js';
import type { Report, Steps } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { formatHumantime } from '../../../wire/text/humantime.js';
import type { CheckDocument } from './schema.js';

export type CheckDraft = Draft<CheckDocument>;

/** The named checks, each once, and whether anything uses them. */
export const namedCheckRules = (
  checks: Readonly<Record<string, CheckDraft | undefined>>,
  used: ReadonlySet<string>,
  report: Report,
): void => {
  for (const [name, check] of Object.entries(checks)) {
    if (check !== undefined) checkRules(check, ['checks', name], report);
    if (!used.has(name)) report.warning(['checks', name], `no service and no backend uses the check '${name}'`);
  }
};

export const checkRules = (check: CheckDraft, path: Steps, report: Report): void => {
  timing(check, path, report);
  if (check.type === 'tcp' || check.type === 'http' || check.type === 'grpc') tls(check, path, report);
  if (check.type === 'http') http(check, path, report);
  if (check.type === 'dns') dns(check, path, report);
};

const timing = ({ interval, timeout, backoff }: CheckDraft, path: Steps, report: Report): void => {
  if (interval === undefined) return;
  const allowed = `at most the interval, ${formatHumantime(interval)}, is allowed`;
  if (timeout !== undefined && timeout > interval) {
    report.error([...path, 'timeout'], `${formatHumantime(timeout)} is longer than the interval: ${allowed}`);
  }
  const longest = backoff?.max;
  if (longest !== undefined && longest < interval) {
    report.error(
      [...path, 'backoff', 'max'],
      `${formatHumantime(longest)} is shorter than the interval: at least ${formatHumantime(interval)} is allowed`,
    );
  }
};

type TlsDraft = Extract<CheckDraft, { readonly type?: 'tcp' | 'http' | 'grpc' | undefined }>;

const tls = (check: TlsDraft, path: Steps, report: Report): void => {
  const both = 'a client certificate needs both cert_file and key_file';
  if (check.cert_file && check.key_file === null) report.error([...path, 'cert_file'], `key_file is missing: ${both}`);
  if (check.key_file && check.cert_file === null) report.error([...path, 'key_file'], `cert_file is missing: ${both}`);
  if (check.tls !== false) return;
  for (const option of ['server_name', 'ca_file', 'cert_file', 'key_file'] as const) {
    if (check[option]) report.warning([...path, option], `without 'tls: true' this has no effect`);
  }
};

const http = (
  check: Extract<CheckDraft, { readonly type?: 'http' | undefined }>,
  path: Steps,
  report: Report,
): void => {
  if (check.proxy && check.http2) report.error([...path, 'proxy'], 'a proxy is spoken to in HTTP/1.1: leave http2 out');
  const seen = new Set<string>();
  for (const name of Object.keys(check.headers ?? {})) {
    if (seen.has(name.toLowerCase())) report.error([...path, 'headers', name], `the header '${name}' is given twice`);
    seen.add(name.toLowerCase());
  }
};

const dns = (check: Extract<CheckDraft, { readonly type?: 'dns' | undefined }>, path: Steps, report: Report): void => {
  const family = check.record === 'A' ? 'ipv4' : check.record === 'AAAA' ? 'ipv6' : null;
  if (family === null) return;
  check.expected?.forEach((answer, index) => {
    if (answer === undefined || familyOf(answer) === family) return;
    const kind = family === 'ipv4' ? 'an IPv4' : 'an IPv6';
    report.error(
      [...path, 'expected', index],
      `'${answer}' is not ${kind} address, which ${check.record} records hold`,
    );
  });
};
