import { familyOf } from '../../model/ip-address.js';
import type { Kit } from '../../schema/kit.js';
import type { Report, Steps } from '../../schema/report.js';
import { addressOnly, type CheckerDescriptor, type CheckOf, type OptionsDraft } from '../probing/descriptor.js';

export type DnsCheck = CheckOf<'dns', typeof options>;
export type DnsRecordType = DnsCheck['record'];

const options = ({ bool, domainName, list, port, text, word }: Kit) => ({
  query: domainName().describe('The name to ask for'),
  record: word(['A', 'AAAA', 'CNAME', 'NS', 'SOA', 'TXT', 'SRV', 'MX', 'PTR']).default('A').describe('The record type'),
  expected: list(text('an answer'), 'answers')
    .prefault([])
    .describe('Each of these must be among the answers; an empty list: any answer is good'),
  rcode: word(['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'])
    .default('NOERROR')
    .describe('Response code'),
  server_port: port().nullable().default(null).describe("Port of the name server; default: the backend's"),
  tcp: bool().default(false).describe('Asks over TCP from the start'),
});

const rules = (check: OptionsDraft<typeof options>, path: Steps, report: Report): void => {
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

export const dns = {
  options,
  rules,
  target: {
    defaultPort: 53,
    schemes: { dns: false },
    url: addressOnly,
    portOf: ({ serverPort }: DnsCheck) => serverPort,
  },
} satisfies CheckerDescriptor;
