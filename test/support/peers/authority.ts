/** Certificates for tests, made by openssl: an authority, and what it signs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { TestCertificate } from './certificates.js';

export type Authority = {
  readonly caFile: string;
  /** A certificate for these names (such as `DNS:web.example` or `IP:127.0.0.1`), valid from and to so many days from now. */
  issue(names: readonly string[], days?: { readonly from?: number; readonly to: number }): TestCertificate;
};

/** In a folder that is gone when the test ends. Needs `openssl`. */
export function createAuthority(t: ExecutionContext): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-ca-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=test authority',
  );
  writeFileSync(join(folder, 'index'), '');
  writeFileSync(join(folder, 'serial'), '01');
  let count = 0;
  return {
    caFile: join(folder, 'ca.pem'),
    issue(names, { from = -1, to } = { to: 100 }) {
      count += 1;
      const id = `cert${count}`;
      writeFileSync(join(folder, `${id}.cnf`), configuration(names));
      openssl('req', '-new', ...newKey, '-keyout', `${id}.key`, '-out', `${id}.csr`, '-subj', `/CN=${id}`);
      const dates = ['-startdate', stamp(from), '-enddate', stamp(to)];
      const files = ['-in', `${id}.csr`, '-out', `${id}.pem`, '-cert', 'ca.pem', '-keyfile', 'ca.key', '-outdir', '.'];
      openssl('ca', '-batch', '-notext', '-config', `${id}.cnf`, ...dates, ...files);
      const [certFile, keyFile] = [join(folder, `${id}.pem`), join(folder, `${id}.key`)];
      return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
    },
  };
}

const configuration = (names: readonly string[]): string => `
[ca]
default_ca = test
[test]
database = index
serial = serial
default_md = sha256
policy = any
x509_extensions = extensions
unique_subject = no
[any]
commonName = supplied
[extensions]
subjectAltName = ${names.join(',')}
[req]
distinguished_name = name
[name]
`;

/** ASN.1 UTCTime of so many days from now. */
function stamp(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${time.slice(2, 19).replace(/[-T:]/g, '')}Z`;
}
