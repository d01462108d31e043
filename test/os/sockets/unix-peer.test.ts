import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { holdName, listenerOf } from '../../../src/os/sockets/unix-peer.js';

test('one with a full queue is busy, not gone', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-peer-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'x.sock');
  // It never accepts.
  const script = `const server = require('node:net').createServer();
    server.listen({ path: '${path}', backlog: 1 }, () => {
      require('node:fs').writeSync(1, 'there');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', script]);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const answers = Array.from({ length: 5 }, () => listenerOf(path));
  t.like(answers[0], { pid: child.pid } as never);
  t.is(answers[4], 'busy');
});

test('whoever listens on a unix socket is known by the number of its process', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-peer-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'x.sock');
  t.is(listenerOf(path), null, 'there is no such file');
  const name = `fulcrum-peer-${process.pid}`;
  t.is(listenerOf(`\0${name}`), null, 'there is no such name');
  const module = new URL('../../../src/os/sockets/unix-peer.js', import.meta.url).href;
  const script = `import { createServer } from 'node:net';
    import { holdName } from '${module}';
    await holdName('${name}');
    createServer().listen('${path}', () => console.log('there'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const peer = { pid: child.pid, uid: process.getuid?.() };
  t.deepEqual([listenerOf(path), listenerOf(`\0${name}`)], [peer, peer] as never);
  t.is(await holdName(name), null, 'it is held');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(listenerOf(path), null, 'a file that is left says nothing');
  t.is(listenerOf(`\0${name}`), null);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  t.is(listenerOf(file), null);
});
