/** Judges a DNS answer: the response code, and the expected answers as a set. */

import { canonicalAddress } from '../../model/ip-address.js';
import { type DnsMessage, type DnsRecord, rcodeName } from '../../wire/dns/message.js';
import { shorten } from '../../wire/text/shorten.js';
import { healthy, type ProbeResult, unhealthy } from '../probing/probe-result.js';
import type { DnsCheck, DnsRecordType } from './index.js';

/** Answers quoted in a message. */
const MAX_QUOTED_ANSWERS = 5;

/** `name` is the queried name in canonical form. */
export function judgeAnswer(check: DnsCheck, name: string, message: DnsMessage): ProbeResult {
  const rcode = rcodeName(message.rcode);
  if (rcode !== check.rcode) return unhealthy('status', `${rcode}, expected ${check.rcode}`);
  const records = recordsOf(message.answers, name, check.record);
  if (check.expected.length === 0) {
    if (rcode === 'NOERROR' && records.length === 0)
      return unhealthy('mismatch', `no ${check.record} record in the answer`);
    return healthy(records.length === 0 ? rcode : `${rcode}, ${quoteRecords(records)}`);
  }
  const missing = check.expected.filter((expected) => !records.some((record) => isExpected(record, expected)));
  if (missing.length === 0) return healthy(`${rcode}, ${quoteRecords(records)}`);
  const found = records.length === 0 ? `no ${check.record} record` : quoteRecords(records);
  return unhealthy('mismatch', `${missing.join(', ')} is missing: the answer has ${found}`);
}

/** Records of the type for the name, or for what the CNAME records of the same answer lead to. */
function recordsOf(answers: readonly DnsRecord[], name: string, type: DnsRecordType): readonly DnsRecord[] {
  const names = new Set([name]);
  if (type !== 'CNAME') {
    const aliases = new Map(
      answers.filter((record) => record.type === 'CNAME').map(({ name: from, host }) => [from, host]),
    );
    // The set keeps what was visited, so a loop of aliases ends.
    for (let at = aliases.get(name); at !== undefined && !names.has(at); at = aliases.get(at)) names.add(at);
  }
  return answers.filter((record) => record.type === type && names.has(record.name));
}

/** An expectation is the record's whole data, or the name in it alone (as Seesaw has it for SOA). */
function isExpected(record: DnsRecord, expected: string): boolean {
  if (record.type === 'TXT') return record.data === expected || `"${record.data}"` === expected;
  const wanted = canonicalAddress(expected.trim().replace(/\s+/g, ' ').toLowerCase());
  return (
    [record.data, record.host].some((text) => text === wanted || `${text}.` === wanted) ||
    stripDots(record.data) === stripDots(wanted)
  );
}

const stripDots = (text: string): string => text.replace(/\.(?= |$)/g, '');

function quoteRecords(records: readonly DnsRecord[]): string {
  const shown = records
    .slice(0, MAX_QUOTED_ANSWERS)
    .map(({ data }) => shorten(data.replace(/[^\x20-\x7e]/g, '?'), 100));
  const rest = records.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
