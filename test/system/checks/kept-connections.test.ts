/** Connections that are kept between probes are all freed: those of targets that are gone, those that servers close, and the rest at the end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/needs.js';
import { makeCertificate } from '../../support/peers/certificates.js';

const main = fileURLToPath(new URL('../../support/programs/kept-connections-main.js', import.meta.url));

type Report = Record<
  string,
  { probes: number; connections: number; unexpected: string[]; afterLives: number[]; before: number; after: number }
>;

needs('openssl')(
  'thousands of probes over kept connections leave no descriptor, and the process ends by itself',
  async (t) => {
    const { certFile, keyFile } = makeCertificate(t, 'IP:127.0.0.1');
    const child = spawn(process.execPath, [main, JSON.stringify({ certFile, keyFile })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    t.is(code, 0);
    const report = JSON.parse(output) as Report;
    t.is(Object.keys(report).length, 10);
    for (const [name, { probes, connections, unexpected, afterLives, before, after }] of Object.entries(report)) {
      t.deepEqual(unexpected, [], name);
      t.true(probes >= 1400, name);
      if (!name.endsWith('not kept')) t.true(connections < probes / 4, `${name}: ${connections} connections`);
      t.true(after <= before, `${name}: ${before} descriptors before, ${after} after`);
      const [first = 0] = afterLives;
      t.true(Math.max(...afterLives) <= first + 1, `${name}: ${afterLives.join(' ')} while targets came and went`);
    }
  },
);
