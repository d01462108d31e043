import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { agentSettings } from '../../../src/actors/agent/settings.js';
import { RuntimeServices } from '../../../src/actors/dataplane/runtime-services.js';
import { loadState, saveState } from '../../../src/actors/engine/state/state-file.js';
import { readToken } from '../../../src/actors/gateway/listeners/token.js';
import { AddressJournal } from '../../../src/actors/vrrp/addresses/journal.js';
import { TlsContexts } from '../../../src/checks/connecting/tls-context.js';
import { createCheckerContext } from '../../../src/checks/load.js';
import { tokenFrom } from '../../../src/cli/client.js';
import { configFromValue } from '../../../src/config/load.js';
import { readConfigFile } from '../../../src/config/read-file.js';
import type { TlsOptions } from '../../../src/model/config.js';
import type { Log } from '../../../src/model/observing/log.js';
import { readRegularFile } from '../../../src/os/files/regular-file.js';
import { hostileFiles } from '../../support/hostile-files.js';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return messageOf(error);
  }
  return 'nothing was refused';
}

const plainTls = { tls: true, tlsVerify: true, serverName: null, caFile: null, certFile: null, keyFile: null } as const;

async function refusalOfTls(files: Partial<TlsOptions>): Promise<string> {
  try {
    await new TlsContexts(createCheckerContext()).get({ ...plainTls, ...files });
  } catch (error) {
    return messageOf(error);
  }
  return 'nothing was refused';
}

function agentWith(path: string) {
  const { agent } = configFromValue({ agent: { listen: '127.0.0.1:0', ca_file: path } }).config;
  if (agent === null) throw new Error('no agent');
  return agent;
}

/** What each place that reads a file which somebody names says of it. */
const doors: Readonly<Record<string, (path: string) => string | Promise<string>>> = {
  'the reader itself': (path) => refusal(() => readRegularFile(path, 1024)),
  'the configuration': (path) => refusal(() => readConfigFile(path)),
  'control.token_file': (path) => refusal(() => readToken(path)),
  "the command line's --token-file": (path) => refusal(() => tokenFrom(path)),
  "the agent's ca_file": (path) => refusal(() => agentSettings(agentWith(path))),
  "a check's ca_file": (path) => refusalOfTls({ caFile: path }),
  "a check's cert_file": (path) => refusalOfTls({ certFile: path }),
  "a check's key_file": (path) => refusalOfTls({ keyFile: path }),
};

for (const [door, says] of Object.entries(doors)) {
  test(`${door} refuses pipes, directories, devices, sockets and huge files at once, in words`, async (t) => {
    for (const file of await hostileFiles(t)) t.regex(await says(file.path), file.says, file.what);
  });
}

test('the state of the engine: a pipe in its place is unreadable, and stays', async (t) => {
  for (const { what, path, says } of await hostileFiles(t)) {
    const result = await loadState(path);
    if (what === 'no file') t.is(result.kind, 'absent');
    else t.regex(result.kind === 'unreadable' ? result.why : result.kind, says, what);
  }
});

test('a pipe beside the state file, where the new one is written, holds up no save', async (t) => {
  const pipe = (await hostileFiles(t)).find(({ what }) => what.startsWith('a pipe'))?.path ?? '';
  const directory = temporary(t);
  const file = join(directory, 'state.ndjson');
  symlinkSync(pipe, `${file}.new`);
  const empty = { statuses: [], overrides: [], healthy: [], names: new Map<string, string>() };
  await saveState(file, empty);
  t.deepEqual(await loadState(file), { kind: 'loaded', state: empty });
});

test('services made at run time: a hostile state file is told, and none are remembered', async (t) => {
  for (const { what, path, says } of await hostileFiles(t)) {
    const told: string[] = [];
    const tell = (fields: object, message: string) => void told.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { trace: tell, debug: tell, info: tell, warn: tell, error: tell };
    const services = await RuntimeServices.open(path, log);
    t.deepEqual([...services.all], []);
    if (what === 'no file') t.deepEqual(told, []);
    else t.regex(told.join(), says, what);
  }
});

test('the journal of virtual addresses: a hostile file is refused', async (t) => {
  for (const { what, path, says } of await hostileFiles(t)) {
    if (what === 'no file' || what === 'a socket' || what === 'a directory') continue;
    const directory = temporary(t);
    symlinkSync(path, join(directory, 'vrrp-addresses.json'));
    t.regex(
      refusal(() => AddressJournal.open(directory)),
      says,
      what,
    );
  }
});

test('what is a file is read: small, empty, by a link, of exactly the limit, and from /proc, which says a size of 0', (t) => {
  const directory = temporary(t);
  const file = join(directory, 'file');
  const link = join(directory, 'link');
  symlinkSync(file, link);
  for (const text of ['', 'a', 'x'.repeat(300_000)]) {
    writeFileSync(file, text);
    t.is(readRegularFile(link, Math.max(1, text.length)).bytes.toString(), text);
  }
  t.throws(() => readRegularFile(file, 299_999), { message: 'the file is too large: at most 299999 bytes are read' });
  t.is(
    readRegularFile('/proc/sys/kernel/ostype', 100).bytes.toString(),
    readFileSync('/proc/sys/kernel/ostype', 'utf8'),
  );
});

test('no descriptor is left open by what is refused', async (t) => {
  const files = await hostileFiles(t);
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let round = 0; round < 50; round += 1) {
    for (const { path } of files) refusal(() => readRegularFile(path, 10));
  }
  // Other tests of this file may have some open: far fewer than would be left here.
  t.true(open() < before + 100);
});

function temporary(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-files-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
