import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A self-signed certificate, which is its own CA. Needs `openssl`. */
export type TestCertificate = {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly certFile: string;
  readonly keyFile: string;
};

/** `names` such as `DNS:backend.test` or `IP:127.0.0.1`. Gone when the test ends. */
export function makeCertificate(t: ExecutionContext, ...names: string[]): TestCertificate {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-cert-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', '/CN=fulcrum test', '-addext', `subjectAltName=${names.join(',')}`];
  const made = spawnSync('openssl', ['req', '-x509', '-days', '2', '-out', certFile, ...key, ...subject], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`openssl: ${made.error?.message ?? made.stderr}`);
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), certFile, keyFile };
}
