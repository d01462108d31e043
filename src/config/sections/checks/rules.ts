/** What holds between the options of one check. */

import { checkers } from '../../../checks/index.js';
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
  if ('tls' in check) tls(check, path, report);
  const own = check.type === undefined || check.type === 'custom' ? undefined : checkers[check.type];
  // The rules of a type take the checks of that type.
  if (own !== undefined && 'rules' in own) own.rules(check as never, path, report);
};

const timing = (
  { interval, timeout, retries, rise, retry_interval, backoff }: CheckDraft,
  path: Steps,
  report: Report,
): void => {
  if (interval === undefined) return;
  const allowed = `at most the interval, ${formatHumantime(interval)}, is allowed`;
  if (timeout !== undefined && timeout > interval) {
    report.error([...path, 'timeout'], `${formatHumantime(timeout)} is longer than the interval: ${allowed}`);
  }
  if (retry_interval) {
    if (retry_interval > interval) {
      report.error(
        [...path, 'retry_interval'],
        `${formatHumantime(retry_interval)} is longer than the interval: ${allowed}`,
      );
    } else if (retries === 0 && rise === 1) {
      report.warning(
        [...path, 'retry_interval'],
        'each result decides at once: without retries or rise this has no effect',
      );
    }
  }
  const longest = backoff?.max;
  if (longest !== undefined && longest < interval) {
    report.error(
      [...path, 'backoff', 'max'],
      `${formatHumantime(longest)} is shorter than the interval: at least ${formatHumantime(interval)} is allowed`,
    );
  }
};

type TlsDraft = Extract<CheckDraft, { readonly tls?: unknown }>;

const tls = (check: TlsDraft, path: Steps, report: Report): void => {
  const both = 'a client certificate needs both cert_file and key_file';
  if (check.cert_file && check.key_file === null) report.error([...path, 'cert_file'], `key_file is missing: ${both}`);
  if (check.key_file && check.cert_file === null) report.error([...path, 'key_file'], `cert_file is missing: ${both}`);
  if (check.tls !== false || ('starttls' in check && check.starttls !== false)) return;
  for (const option of ['server_name', 'ca_file', 'cert_file', 'key_file'] as const) {
    if (check[option]) report.warning([...path, option], `without 'tls: true' this has no effect`);
  }
};
