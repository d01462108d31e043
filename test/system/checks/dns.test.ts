/** The dns check against BIND: every record type, aliases, response codes, truncation, and a server that hangs or is gone. */
import { createDnsChecker } from '../../../src/checks/dns/checker.js';
import type { DnsCheck } from '../../../src/checks/dns/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { dnsCheck, probeOnce, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { startBind } from '../../support/peers/bind.js';

const zone = `$TTL 60
@        SOA ns hostmaster 7 3600 600 86400 60
@        NS  ns
ns       A   127.0.0.1
web      A   192.0.2.1
web      A   192.0.2.2
web      AAAA 2001:db8::1
www      CNAME alias
alias    CNAME web
lost     CNAME nowhere
@        MX  10 mail
@        MX  20 backup.example.net.
_sip._tcp SRV 1 2 5060 sip
text     TXT "v=spf1 " "-all"
text     TXT "other; \\"quoted\\""
host     PTR web
${Array.from({ length: 40 }, (_, index) => `big TXT "${String(index).padStart(3, '0')} ${'x'.repeat(100)}"`).join('\n')}
`;

needs('named')('BIND: records, aliases, codes, truncation, freezing and stopping', async (t) => {
  const server = await startBind(t, 'example', zone);
  const { port } = server;
  const probe = async (check: Partial<DnsCheck>): Promise<string> =>
    summary(await probeOnce(createDnsChecker, { port }, { ...dnsCheck, ...check })).replaceAll(
      `127.0.0.1:${port}`,
      'T',
    );
  const good: [Partial<DnsCheck>, string][] = [
    [{ query: 'web.example', record: 'A', expected: ['192.0.2.2', '192.0.2.1'] }, '192.0.2.1'],
    [{ query: 'WEB.Example.', record: 'AAAA', expected: ['2001:DB8:0::1'] }, '2001:db8::1'],
    [{ query: 'www.example', record: 'A', expected: ['192.0.2.1'] }, '192.0.2.1'],
    [{ query: 'www.example', record: 'CNAME', expected: ['alias.example.'] }, 'alias.example'],
    [{ query: 'example', record: 'NS', expected: ['ns.example'] }, 'ns.example'],
    [
      { query: 'example', record: 'SOA', expected: ['ns.example'] },
      'ns.example hostmaster.example 7 3600 600 86400 60',
    ],
    [{ query: 'example', record: 'MX', expected: ['10 mail.example.', 'backup.example.net'] }, '10 mail.example'],
    [{ query: '_sip._tcp.example', record: 'SRV', expected: ['1 2 5060 sip.example'] }, '1 2 5060 sip.example'],
    [{ query: 'text.example', record: 'TXT', expected: ['v=spf1 -all', 'other; "quoted"'] }, 'v=spf1 -all'],
    [{ query: 'host.example', record: 'PTR', expected: ['web.example'] }, 'web.example'],
  ];
  for (const [check, part] of good) {
    for (const tcp of [false, true]) {
      const text = await probe({ ...check, tcp });
      t.regex(text, /^healthy: NOERROR, /, `${check.record} ${tcp}`);
      t.true(text.includes(part), text);
    }
  }
  t.regex(
    await probe({ query: 'web.example', expected: ['192.0.2.9'] }),
    /^mismatch: T: 192\.0\.2\.9 is missing: the answer has 192\.0\.2\.[12], 192\.0\.2\.[12]$/,
  );
  t.is(await probe({ query: 'nothing.example' }), 'status: T: NXDOMAIN, expected NOERROR');
  t.is(await probe({ query: 'nothing.example', rcode: 'NXDOMAIN' }), 'healthy: NXDOMAIN');
  t.is(await probe({ query: 'lost.example', rcode: 'NXDOMAIN' }), 'healthy: NXDOMAIN');
  t.is(await probe({ query: 'web.example', record: 'MX' }), 'mismatch: T: no MX record in the answer');
  t.is(await probe({ query: 'other.test' }), 'status: T: REFUSED, expected NOERROR');
  // Forty records do not fit into a datagram: the whole answer comes over TCP.
  const big = `039 ${'x'.repeat(100)}`;
  t.regex(await probe({ query: 'big.example', record: 'TXT', expected: [big] }), /^healthy: NOERROR, .* and 35 more$/);

  server.freeze();
  t.is(await probe({ timeoutNs: nsFromMs(1500) }), 'timeout: timed out after 1s 500ms in query');
  server.thaw();
  t.regex(await probe({ query: 'web.example' }), /^healthy: /);
  await server.stop();
  t.is(await probe({}), 'refused: T: connection refused');
  t.is(await probe({ tcp: true }), 'refused: T: connection refused');
});
