import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tryOut } from '../../../src/actors/supervisor/preflight.js';
import type { ConfigDocument } from '../../../src/config/document.js';
import { configFromValue } from '../../../src/config/load.js';
import type { FileReading } from '../../../src/model/probe.js';
import { freePort } from '../../support/fixtures/ports.js';

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}
const taken = (t: ExecutionContext, host = '127.0.0.1') => listening(t, createServer().listen(0, host));

const files = (reading: FileReading = { kind: 'read', bytes: new Uint8Array() }) => ({ read: async () => reading });
const configOf = (document: ConfigDocument) => configFromValue(document).config;

/** What is said of going from one document to another; empty when nothing is refused. */
async function said(from: ConfigDocument, to: ConfigDocument, reading?: FileReading): Promise<string> {
  try {
    await tryOut(configOf(from), configOf(to), files(reading));
    return '';
  } catch (error) {
    return String(error);
  }
}

const doors = (port: number): Readonly<Record<string, ConfigDocument>> => ({
  'control.http': { control: { http: `127.0.0.1:${port}` } },
  'control.grpc': { control: { grpc: `127.0.0.1:${port}` } },
  'metrics.listen': { metrics: { listen: `127.0.0.1:${port}` } },
  'agent.listen': { agent: { listen: `127.0.0.1:${port}` } },
  'agent.metrics': { agent: { listen: '127.0.0.1:0', metrics: `127.0.0.1:${port}` } },
});

test('a port that another program has is refused for each listener, by the name of who has it', async (t) => {
  const port = await taken(t);
  for (const [setting, document] of Object.entries(doors(port))) {
    t.true(
      (await said({}, document)).includes(
        `${setting}: cannot listen on 127.0.0.1:${port}: this process (${process.pid}) uses that port`,
      ),
      setting,
    );
    t.is(await said(document, document), '', 'whoever listens there already need not move');
  }
});

test('all that is wrong is said at once', async (t) => {
  const [one, other] = [await taken(t), await taken(t)];
  const why = await said({}, { control: { http: `127.0.0.1:${one}`, grpc: `127.0.0.1:${other}` } });
  t.regex(why, /control\.http: .*; control\.grpc: /);
});

test('free ports, port 0 and the own port on another address are not refused', async (t) => {
  const port = await freePort();
  t.is(await said({}, doors(port)['agent.metrics'] ?? {}), '');
  t.is(await said({}, { control: { http: '127.0.0.1:0' } }), '');
  const own = await taken(t, '0.0.0.0');
  const everywhere = { control: { http: `0.0.0.0:${own}` } };
  t.is(await said(everywhere, { control: { http: `127.0.0.1:${own}` } }), '');
  t.is(await said({ control: { http: `127.0.0.1:${own}` } }, everywhere), '');
});

test('the own port on an address that another program has is refused', async (t) => {
  const port = await taken(t, '127.0.0.2');
  t.regex(
    await said({ control: { http: `127.0.0.1:${port}` } }, { control: { http: `127.0.0.2:${port}` } }),
    /control\.http: cannot listen on 127\.0\.0\.2/,
  );
});

test('an address that this machine lacks is refused', async (t) => {
  t.regex(
    await said({}, { agent: { listen: '192.0.2.1:5555' } }),
    /agent\.listen: .*: this machine does not have that address/,
  );
});

test("the health-check server's socket is refused where somebody listens", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-preflight-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, 's');
  const document = { healthcheck_server: { socket } };
  t.is(await said({}, document), '');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  t.regex(await said({}, document), /process \d+ listens there already: stop it, or set healthcheck_server\.socket/);
  t.is(await said(document, document), '');
});

test('a token file or a CA file of the agent that hangs, or cannot be read, is refused before a door reads it', async (t) => {
  const token = { control: { token_file: '/hung/token' } };
  const late: FileReading = { kind: 'late', why: 'it could not be read within 1000 ms' };
  t.regex(await said({}, token, late), /control\.token_file: \/hung\/token: it could not be read within 1000 ms/);
  const agent = { agent: { listen: '127.0.0.1:0', ca_file: '/hung/ca.pem' } };
  t.regex(await said({}, agent, late), /agent\.ca_file: \/hung\/ca\.pem: it could/);
  t.is(await said(agent, agent, late), '', 'an agent that does not change reads nothing');
});
