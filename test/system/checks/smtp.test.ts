/** The smtp check against Exim. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSmtpChecker } from '../../../src/checks/smtp/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { probeOnce, smtpCheck, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { refusedName, startExim } from '../../support/peers/exim.js';

needs(
  'root',
  'exim4',
  'openssl',
)('smtp: a slow banner, a name that is refused, STARTTLS, TLS, several servers, frozen, stopped', async (t) => {
  const authority = createAuthority(t);
  const server = await startExim(t, authority.issue(['DNS:mail.example.com']));
  const { port, tlsPort } = server;
  const probe = async (changed = {}, at = port): Promise<string> =>
    summary(await probeOnce(createSmtpChecker, { port: at }, { ...smtpCheck, ...changed }))
      .replaceAll(`127.0.0.1:${at}`, 'T')
      .replace(/ \d{4}-\d\d-\d\d/, ' DATE');
  // That it waits for the banner matters here.
  const early = connect(port, '127.0.0.1');
  early.write('EHLO lb.example\r\n');
  t.regex(await text(early), /^554 SMTP synchronization error/);

  const banner = 'healthy: 220 mail.example.com ESMTP be patient';
  t.is(await probe(), banner);
  t.regex(await probe({ helo: refusedName }), /^status: T: EHLO was answered with 550 /);
  const trusted = { serverName: 'mail.example.com', caFile: authority.caFile };
  t.is(await probe({ starttls: true, ...trusted }), `${banner} (TLSv1.3, certificate expires DATE)`);
  t.is(await probe({ tls: true, ...trusted }, tlsPort), `${banner} (TLSv1.3, certificate expires DATE)`);
  t.regex(await probe({ starttls: true, ...trusted, serverName: 'other.example' }), /^tls: T: TLS handshake failed/);
  const hosts = [port, port].map((each) => ({ address: '127.0.0.1', port: each }));
  t.regex(await probe({ hosts }, 1), /^healthy: 2 servers answered/);

  const short = { timeoutNs: nsFromMs(2500) };
  server.freeze();
  t.is(await probe(short), 'timeout: timed out after 2s 500ms in query (waiting for the banner)');
  server.thaw();
  t.is(await probe(), banner);
  await server.stop();
  t.is(await probe(), 'refused: T: connection refused');
});
