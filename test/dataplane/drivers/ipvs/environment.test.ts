import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { markedProbeHindrance } from '../../../../src/dataplane/drivers/ipvs/environment.js';

function settings(acceptLocal: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-conf-'));
  for (const [name, value] of Object.entries(acceptLocal)) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'accept_local'), `${value}\n`);
  }
  return directory;
}

test('answers from the node’s own virtual IP are dropped unless accept_local is on where they may come', (t) => {
  t.regex(markedProbeHindrance(settings({ all: '0', eth0: '0', lo: '1', default: '1' })) ?? '', /accept_local=1$/);
  t.is(markedProbeHindrance(settings({ all: '1', eth0: '0' })), null);
  t.is(markedProbeHindrance(settings({ all: '0', eth0: '1' })), null);
});

test('a kernel without these settings is not complained of', (t) => {
  t.is(markedProbeHindrance(settings({})), null);
  t.is(markedProbeHindrance(join(settings({}), 'none')), null);
});
