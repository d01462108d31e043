import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { nsFromMs } from '../../../src/model/units.js';
import { until } from '../../support/until.js';
import { hook, startHooks, stateDirectory } from './rig.js';

const logs = (hooks: Awaited<ReturnType<typeof startHooks>>): string => JSON.stringify(hooks.logged);

test('a post is repeated until the answer is good, in order', async (t) => {
  const posts: { readonly id: unknown; readonly seq: unknown; readonly token: unknown }[] = [];
  let answer = 500;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const { seq } = JSON.parse(text);
      posts.push({ id: request.headers['idempotency-key'], seq, token: request.headers['x-token'] });
      response.writeHead(answer).end('a long story '.repeat(1000));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const hooks = await startHooks(t, stateDirectory(t), [hook({ url, retries: null, headers: { 'x-token': 'abc' } })]);
  hooks.service(true);
  hooks.service(false);
  await until(() => posts.length === 2);
  t.regex(logs(hooks), /it answered 500: a long story/);
  t.true(logs(hooks).length < 2000);
  answer = 204;
  await until(() => posts.some(({ seq }) => seq === 2));
  t.deepEqual([...new Set(posts.map(({ seq }) => seq))], [1, 2]);
  t.is(new Set(posts.map(({ id }) => id)).size, 2, 'each attempt has the id of its event');
  t.is(posts[0]?.token, 'abc');
});

test('a server that never answers is left at the time limit', async (t) => {
  const server = createTcpServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const port = (server.address() as AddressInfo).port;
  const hooks = await startHooks(t, stateDirectory(t), [
    hook({ name: 'web', url: `http://127.0.0.1:${port}`, timeoutNs: nsFromMs(100), retries: 0 }),
    hook({
      name: 'mail',
      mail: { url: `smtp://127.0.0.1:${port}`, from: 'a@b.example', to: ['c@d.example'] },
      timeoutNs: nsFromMs(100),
      retries: 0,
    }),
  ]);
  hooks.service(true);
  await until(() => hooks.logged.filter(({ fields }) => 'verdict' in fields).length === 2);
  t.is(logs(hooks).match(/it was not done within 100 ms/g)?.length, 4);
});

test('a line for a named pipe waits for its reader', async (t) => {
  const directory = stateDirectory(t);
  const fifo = join(directory, 'fifo');
  const hooks = await startHooks(t, directory, [hook({ fifo, format: 'keepalived', retries: null })]);
  const change = (to: string) => hooks.event({ type: 'vrrp-state', instance: 'vi1', from: 'init', to, why: '' });
  change('backup');
  await until(() => /there is no .*fifo: make it with mkfifo/.test(logs(hooks)));
  execFileSync('mkfifo', ['-m', '600', fifo]);
  await until(() => /nobody reads/.test(logs(hooks)));
  const heard: string[] = [];
  const reader = createReadStream(fifo);
  createInterface(reader).on('line', (line) => heard.push(line));
  await until(() => heard.length === 1);
  change('master');
  await until(() => heard.length === 2);
  t.deepEqual(heard, ['INSTANCE "vi1" BACKUP 0', 'INSTANCE "vi1" MASTER 0']);
  reader.destroy();
});

test('what is no pipe is not written to', async (t) => {
  const directory = stateDirectory(t);
  const fifo = join(directory, 'file');
  writeFileSync(fifo, '');
  const hooks = await startHooks(t, directory, [hook({ fifo, retries: 0 })]);
  hooks.service(true);
  await until(() => /is no named pipe: make one with mkfifo/.test(logs(hooks)));
  t.pass();
});

test('a mail tells of an event', async (t) => {
  const said: string[] = [];
  const server = createTcpServer((socket) => {
    let inData = false;
    socket.on('error', () => {});
    socket.write('220 mail.example ESMTP\r\n');
    createInterface(socket).on('line', (line) => {
      said.push(line);
      if (inData) {
        if (line !== '.') return;
        inData = false;
        socket.write('250 taken\r\n');
      } else if (/^DATA/i.test(line)) {
        inData = true;
        socket.write('354 go on\r\n');
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else socket.write('250 ok\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mail = { url, from: 'lb1@example.com', to: ['ops@example.com', 'boss@example.com'] };
  const hooks = await startHooks(t, stateDirectory(t), [hook({ mail })]);
  hooks.service(false);
  await until(() => said.includes('.'));
  const text = said.join('\n');
  t.regex(text, /^MAIL FROM:<lb1@example.com>/m);
  t.is(text.match(/^RCPT TO:/gm)?.length, 2);
  t.regex(text, /^Subject: \[lb1\] web unhealthy$/m);
  t.regex(text, /^Message-ID: <[a-z0-9]+-1\.tell@lb1>$/im);
  t.regex(text, /"why": "so"/);
});

test('a login is never sent in the clear', async (t) => {
  const said: string[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 mail.example ESMTP\r\n');
    createInterface(socket).on('line', (line) => {
      said.push(line);
      socket.write(/^EHLO/i.test(line) ? '250-mail.example\r\n250 AUTH PLAIN\r\n' : '502 no\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `smtp://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mail = { url, from: 'lb1@example.com', to: ['ops@example.com'] };
  const hooks = await startHooks(t, stateDirectory(t), [hook({ mail, retries: 0 })]);
  hooks.service(false);
  await until(() => hooks.logged.some(({ fields }) => Reflect.get(fields, 'verdict') === 'given-up'));
  t.false(
    said.some((line) => /^AUTH/i.test(line)),
    said.join('\n'),
  );
});
