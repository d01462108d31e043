import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { EPOLLIN, EPOLLOUT, Epoll } from '../../../src/os/kernel/epoll.js';
import { libc } from '../../../src/os/kernel/libc.js';

const pipe2 = libc.func('int pipe2(_Out_ int *fds, int flags)');
const write = libc.func('int64_t write(int fd, const void *bytes, size_t count)');
const read = libc.func('int64_t read(int fd, _Out_ void *bytes, size_t count)');
const close = libc.func('int close(int fd)');
const O_NONBLOCK = 0o4000;

function pipe(): { readonly in: number; readonly out: number } {
  const fds = [0, 0];
  if (pipe2(fds, O_NONBLOCK) !== 0) throw new Error('pipe2');
  return { in: fds[0] ?? -1, out: fds[1] ?? -1 };
}

test.serial('wakes when a descriptor is ready, and hands over that one', async (t) => {
  const one = pipe();
  const other = pipe();
  const taken: number[] = [];
  const woken = new Promise<void>((resolve) => {
    const epoll = new Epoll(() => {
      epoll.take((fd) => {
        taken.push(fd);
        close(fd);
      });
      epoll.close();
      resolve();
    });
    epoll.add(one.in, EPOLLIN);
    epoll.add(other.in, EPOLLIN);
  });
  write(other.out, Buffer.from('x'), 1);
  // Nothing else keeps the loop alive: the epoll handle must not, so a timer does.
  const alive = setInterval(() => {}, 1000);
  await woken;
  clearInterval(alive);
  t.deepEqual(taken, [other.in]);
  for (const fd of [one.in, one.out, other.out]) close(fd);
});

test.serial('wakes again and again, and not while nothing is ready', async (t) => {
  const { in: input, out } = pipe();
  let wakes = 0;
  let bytes = 0;
  const buffer = Buffer.alloc(16);
  const epoll = new Epoll(() => {
    wakes += 1;
    epoll.take((fd) => {
      bytes += Number(read(fd, buffer, buffer.length));
    });
  });
  epoll.add(input, EPOLLIN);
  for (let i = 1; i <= 100; i += 1) {
    write(out, buffer, 1);
    while (bytes < i) await turn();
  }
  t.is(wakes, 100);
  for (let i = 0; i < 100; i += 1) await turn();
  t.is(wakes, 100);
  epoll.close();
  close(input);
  close(out);
});

test.serial('takes more than a batch', async (t) => {
  const pipes = Array.from({ length: 600 }, pipe);
  const seen = new Set<number>();
  const epoll = new Epoll(() => epoll.take((fd) => seen.add(fd) && close(fd)));
  for (const { out } of pipes) epoll.add(out, EPOLLOUT);
  while (seen.size < 600) await turn();
  t.pass();
  epoll.close();
  for (const each of pipes) close(each.in);
});

test.serial('leaves no descriptor behind', async (t) => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let i = 0; i < 1000; i += 1) {
    new Epoll(() => {}).close();
    if (i % 50 === 0) await turn();
  }
  await turn();
  // Test files on other threads of this process open and close their own meanwhile.
  t.true(open() < before + 500);
});

test.serial('lives beside the sockets of libuv', async (t) => {
  const epoll = new Epoll(() => {});
  const server = createServer((socket: Socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  const [data] = (await once(socket, 'data')) as [Buffer];
  t.is(data.toString(), 'hello');
  socket.destroy();
  server.close();
  epoll.close();
});
