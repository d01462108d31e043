import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { drivers } from '../../src/dataplane/drivers.js';

const FOLDERS = 'dataplane/drivers/';
const REGISTRY = 'dataplane/drivers.ts';
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith(FOLDERS) && name !== REGISTRY)
  .map((name) => ({ name, text: readFileSync(join('src', name), 'utf8') }));

/** Outside of the folders of the drivers: where the words mean something else, or are a driver's on purpose. */
const namesOneDriver = {
  'actors/proxy/descriptor.ts': 'the actors of the proxy threads have that name',
  'checks/http/index.ts': 'an option of the HTTP check has that name',
  'cli/commands/show.ts': 'a public command has that name',
  'cli/healthcheck-server.ts': 'it writes a configuration',
  'import/ipvsadm/index.ts': 'it writes a configuration',
  'import/keepalived/mapping/globals.ts': 'it writes a configuration',
  'wire/links/proxy.ts': 'the link to the proxy threads has that name',
};
const loadsOneDriver = {
  'actors/gateway/grpc/ipvs-messages.ts': 'seesaw.ipvs.IPVSManager has the flags of the kernel',
  'actors/proxy/proxy.ts': 'its threads serve what the driver accepts',
  'actors/warm-up/dataplane.ts': 'it rehearses the messages for the kernel, with a table in memory',
};

const filesWith = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

test('a driver is a folder and one line: no other file names it, or loads a part of it, without a reason', (t) => {
  const kinds = drivers.map(({ kind }) => kind);
  t.deepEqual(filesWith(new RegExp(`'(?:${kinds.join('|')})'`)).toSorted(), Object.keys(namesOneDriver));
  t.deepEqual(filesWith(/'[./]+\/dataplane\/drivers\/|'\.\/drivers\//).toSorted(), Object.keys(loadsOneDriver));
});

test('each folder of a driver has its line', (t) => {
  const folders = readdirSync(join('src', FOLDERS));
  t.deepEqual(folders.toSorted(), drivers.map(({ kind }) => kind as string).toSorted());
  const lines = readFileSync(join('src', REGISTRY), 'utf8');
  for (const folder of folders) t.true(lines.includes(`'./drivers/${folder}/index.js'`));
});
