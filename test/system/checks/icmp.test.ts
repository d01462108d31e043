/** Echo requests between two network namespaces, over a wire that loses, refuses and lies. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { createIcmpChecker } from '../../../src/checks/icmp/checker.js';
import type { IcmpCheck } from '../../../src/checks/icmp/index.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import { createTcpConnectChecker } from '../../../src/checks/tcp/tcp-connect.js';
import type { Outcome, ProbeSpec } from '../../../src/model/probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { EPOLLIN, Epoll } from '../../../src/os/kernel/epoll.js';
import { libc } from '../../../src/os/kernel/libc.js';
import { closeOwnedFd } from '../../../src/os/kernel/owned-fd.js';
import { encodeSockaddr } from '../../../src/os/kernel/sockaddr.js';
import { AF_INET, AF_INET6, bindAddress, openSocket, SOCK_RAW, sendTo } from '../../../src/os/kernel/socket-call.js';
import { foldChecksum, sumWords } from '../../../src/wire/ip/checksum.js';
import type { IpFamily } from '../../../src/wire/ip/icmp.js';
import { plainCheck, tcpCheck, testContext } from '../../support/fixtures/checks.js';
import { needsSerial } from '../../support/needs.js';
import { createWire, type Namespace } from '../../support/rigs/vrrp/namespaces.js';

const system = needsSerial('root', 'ip', 'nft', 'sysctl');
const context = { ...testContext, resolve: async (host: string) => host };
const peer = { ipv4: '10.77.0.2', ipv6: 'fd77::2' } as const;
const echo = { ipv4: 'icmp type echo-request', ipv6: 'icmpv6 type echo-request' } as const;

type Kind = 'ping socket' | 'raw socket';
/** The kind of socket that a namespace allows: its ping_group_range has this process's group, or has none. */
const allow = (namespace: Namespace, kind: Kind): void =>
  namespace.exec('sysctl', '-qw', `net.ipv4.ping_group_range=${kind === 'ping socket' ? '0 0' : '1 0'}`);

function setUp(t: ExecutionContext, kind: Kind = 'ping socket') {
  const wire = createWire();
  t.teardown(wire.remove);
  allow(wire.a, kind);
  const checker = createIcmpChecker(context);
  t.teardown(() => checker.close());
  const ping = (host: string, options: Partial<IcmpCheck> = {}): Promise<Outcome> => {
    // The kernel asks for a new neighbour's address a second time after a second.
    const check: IcmpCheck = { ...plainCheck, type: 'icmp', payloadSize: 56, timeoutNs: nsFromMs(3000), ...options };
    const spec: ProbeSpec<IcmpCheck> = { host, port: 0, check, mark: null };
    return wire.a.inside(() => runProbe(checker, spec, monotonicNow));
  };
  return { ...wire, ping };
}

const short = { timeoutNs: nsFromMs(300) };

for (const kind of ['ping socket', 'raw socket'] as const) {
  for (const family of ['ipv4', 'ipv6'] as const) {
    const host = peer[family];

    system(`${family}, ${kind}: a host answers, with data of any size`, async (t) => {
      const { ping } = setUp(t, kind);
      for (const payloadSize of [0, 1, 8, 56, 1400, 9000]) {
        t.like(await ping(host, { payloadSize }), { kind: 'healthy', message: `echo reply of ${payloadSize} bytes` });
      }
    });

    system(`${family}, ${kind}: what a router or a firewall says is told at once`, async (t) => {
      const { b, ping } = setUp(t, kind);
      const reject = family === 'ipv4' ? 'icmp type host-unreachable' : 'icmpv6 type addr-unreachable';
      b.rules(`chain input { type filter hook input priority 0; ${echo[family]} reject with ${reject}; }`);
      t.like(await ping(host), { kind: 'unhealthy', cause: 'unreachable', message: `${host}: host unreachable` });
    });

    system(`${family}, ${kind}: every fourth packet is lost, and that probe alone fails`, async (t) => {
      const { b, ping } = setUp(t, kind);
      t.is((await ping(host)).kind, 'healthy');
      b.rules(`chain input { type filter hook input priority 0; ${echo[family]} numgen inc mod 4 == 3 drop; }`);
      const outcomes: string[] = [];
      for (let i = 0; i < 8; i += 1) outcomes.push((await ping(host, short)).kind);
      const lost = outcomes.flatMap((outcome, index) => (outcome === 'unhealthy' ? [index % 4] : []));
      t.deepEqual(lost, [3, 3], outcomes.join(' '));
    });

    system(
      `${family}, ${kind}: a reply with a wrong identifier, sequence, sender or content does not count`,
      async (t) => {
        const { b, ping } = setUp(t, kind);
        const other = family === 'ipv4' ? '10.77.0.9' : 'fd77::9';
        b.exec(
          'ip',
          'address',
          'add',
          `${other}/${family === 'ipv4' ? 24 : 64}`,
          'dev',
          'wire',
          ...(family === 'ipv6' ? ['nodad'] : []),
        );
        const responder = startResponder(t, b, family);
        const lies: Readonly<Record<string, Lie>> = {
          'wrong identifier': (reply) => ({ ...reply, id: reply.id ^ 1 }),
          'wrong sequence': (reply) => ({ ...reply, sequence: reply.sequence ^ 1 }),
          'wrong content': (reply) => ({ ...reply, payload: reply.payload.map((byte) => byte ^ 1) }),
          'cut content': (reply) => ({ ...reply, payload: reply.payload.subarray(1) }),
          'wrong sender': (reply) => ({ ...reply, from: other }),
        };
        t.like(await ping(host), { kind: 'healthy' });
        for (const [name, lie] of Object.entries(lies)) {
          responder.lie = lie;
          const outcome = await ping(host, short);
          t.like(outcome, { kind: 'unhealthy', cause: 'timeout' }, name);
          const remark = /content|sender/.test(name) ? ' (1 replies that did not match ignored)' : '';
          t.is(outcome.message, `timed out after 300ms in receive${remark}`, name);
        }
        responder.lie = (reply) => reply;
        t.like(await ping(host), { kind: 'healthy' });
      },
    );

    system(`${family}, ${kind}: a flood of replies that nobody asked for delays nobody`, async (t) => {
      const { b, ping } = setUp(t, kind);
      t.like(await ping(host), { kind: 'healthy' });
      const responder = startResponder(t, b, family);
      const before = process.memoryUsage().rss;
      let sent = 0;
      let over = false;
      const flood = (): void => {
        if (over) return;
        // Right identifiers too: those reach this process, and are thrown away there.
        for (let i = 0; i < 500; i += 1, sent += 1) responder.send({ ...responder.last(), sequence: sent & 0xffff });
        for (let i = 0; i < 500; i += 1, sent += 1) responder.send({ ...responder.last(), id: sent & 0xffff });
        setImmediate(flood);
      };
      await ping(host);
      flood();
      const outcomes: Outcome[] = [];
      for (let i = 0; i < 20; i += 1) outcomes.push(await ping(host));
      over = true;
      t.true(sent > 5000, `${sent}`);
      t.deepEqual([...new Set(outcomes.map((outcome) => outcome.kind))], ['healthy'], JSON.stringify(outcomes));
      t.true(process.memoryUsage().rss - before < 100e6);
    });
  }

  system(`${kind}: many targets share one socket, and each gets its own answer`, async (t) => {
    const { b, ping } = setUp(t, kind);
    for (let i = 3; i < 40; i += 1) b.exec('ip', 'address', 'add', `10.77.0.${i}/24`, 'dev', 'wire');
    b.rules('chain input { type filter hook input priority 0; ip daddr 10.77.0.10 drop; }');
    const hosts = Array.from({ length: 38 }, (_, i) => `10.77.0.${i + 2}`);
    const outcomes = await Promise.all(hosts.map((host) => ping(host)));
    const failed = hosts.filter((_, i) => outcomes[i]?.kind !== 'healthy');
    t.deepEqual(failed, ['10.77.0.10']);
  });

  system(`${kind}: nobody has the address`, async (t) => {
    const { ping } = setUp(t, kind);
    t.like(await ping('10.77.0.99', short), { kind: 'unhealthy', cause: 'timeout' });
    t.like(await ping('192.0.2.1'), {
      kind: 'unhealthy',
      cause: 'unreachable',
      message: '192.0.2.1: network unreachable',
    });
    t.like(await ping('2001:db8::1'), { kind: 'unhealthy', cause: 'unreachable' });
    t.like(await ping('10.77.0.2'), { kind: 'healthy' }, 'one target’s error is not another’s');
  });

  system(`${kind}: a source address is used`, async (t) => {
    const { a, b, ping } = setUp(t, kind);
    a.exec('ip', 'address', 'add', '10.77.0.50/24', 'dev', 'wire');
    b.rules('chain input { type filter hook input priority 0; ip saddr 10.77.0.1 drop; }');
    t.like(await ping(peer.ipv4, short), { kind: 'unhealthy' });
    t.like(await ping(peer.ipv4, { source: '10.77.0.50' }), { kind: 'healthy' });
  });
}

system('the host itself says that a neighbour is not there', async (t) => {
  const { ping } = setUp(t);
  const outcome = await ping('10.77.0.99', { timeoutNs: nsFromMs(8000) });
  t.like(outcome, { kind: 'unhealthy', cause: 'unreachable', message: '10.77.0.99: host unreachable' });
});

system('without ping sockets and without CAP_NET_RAW the error says what to do', (t) => {
  const wire = createWire();
  t.teardown(wire.remove);
  allow(wire.a, 'raw socket');
  const cli = fileURLToPath(new URL('../../support/programs/ping-once.js', import.meta.url));
  const drop = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
  const { stdout, stderr } = spawnSync(
    'ip',
    ['netns', 'exec', wire.a.name, ...drop, process.execPath, cli, '127.0.0.1'],
    {
      encoding: 'utf8',
    },
  );
  t.is(stderr, '');
  const { kind, shortage, message } = JSON.parse(stdout) as Outcome & { kind: 'error' };
  t.deepEqual([kind, shortage], ['error', 'privilege']);
  t.regex(message, /sysctl -w net\.ipv4\.ping_group_range="0 0".*CAP_NET_RAW/);
});

system('TCP: an unreachable host and a missing route are told apart from a refusal', async (t) => {
  const { a, b } = createWireFor(t);
  const checker = createTcpConnectChecker(context);
  t.teardown(() => checker.close());
  const probe = (host: string): Promise<Outcome> => {
    // Within one machine the error comes while connect() still runs: the kernel heeds the next, a second later.
    const spec = { host, port: 80, check: { ...tcpCheck, timeoutNs: nsFromMs(2500) }, mark: null };
    return a.inside(() => runProbe(checker, spec, monotonicNow));
  };
  t.like(await probe('10.77.0.2'), { kind: 'unhealthy', cause: 'refused' });
  b.rules('chain input { type filter hook input priority 0; tcp dport 80 reject with icmp type host-unreachable; }');
  t.like(await probe('10.77.0.2'), {
    kind: 'unhealthy',
    cause: 'unreachable',
    message: '10.77.0.2:80: host unreachable',
  });
  t.like(await probe('192.0.2.1'), { cause: 'unreachable', message: '192.0.2.1:80: network unreachable' });
  b.rules('chain input { type filter hook input priority 0; tcp dport 80 drop; }');
  t.like(await probe('10.77.0.2'), { cause: 'timeout', message: 'timed out after 2s 500ms in connect' });
  b.rules('chain input { type filter hook input priority 0; }');
  t.like(await probe('10.77.0.2'), { cause: 'refused' });
});

function createWireFor(t: ExecutionContext) {
  const wire = createWire();
  t.teardown(wire.remove);
  return wire;
}

type Reply = {
  readonly to: string;
  readonly from: string | null;
  readonly id: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
};
type Lie = (reply: Reply) => Reply;

/** Answers echo requests in the kernel's place, and may lie. */
function startResponder(t: ExecutionContext, namespace: Namespace, family: IpFamily) {
  const ipv4 = family === 'ipv4';
  namespace.exec('sysctl', '-qw', ipv4 ? 'net.ipv4.icmp_echo_ignore_all=1' : 'net.ipv6.icmp.echo_ignore_all=1');
  const open = (): number => openSocket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW, ipv4 ? 1 : 58);
  const recvfrom = libc.func(
    'intptr_t recvfrom(int fd, uint8_t *bytes, size_t length, int flags, uint8_t *address, uint8_t *length)',
  );
  const fd = namespace.inside(open);
  bindAddress(fd, encodeSockaddr(peer[family], 0));
  const buffer = new Uint8Array(65_536);
  let last: Reply | null = null;
  const responder = {
    lie: ((reply) => reply) as Lie,
    last: (): Reply =>
      last ?? { to: ipv4 ? '10.77.0.1' : 'fd77::1', from: null, id: 1, sequence: 1, payload: new Uint8Array(56) },
    send({ to, from, id, sequence, payload }: Reply): void {
      const packet = new Uint8Array(8 + payload.length);
      const view = new DataView(packet.buffer);
      packet[0] = ipv4 ? 0 : 129;
      view.setUint16(4, id);
      view.setUint16(6, sequence);
      packet.set(payload, 8);
      if (ipv4) view.setUint16(2, foldChecksum(sumWords(packet, 0, packet.length)));
      if (from === null) {
        sendTo(fd, packet, encodeSockaddr(to, 0));
        return;
      }
      const bound = namespace.inside(open);
      bindAddress(bound, encodeSockaddr(from, 0));
      sendTo(bound, packet, encodeSockaddr(to, 0));
      closeOwnedFd(bound);
    },
  };
  const epoll = new Epoll(() =>
    epoll.take(() => {
      for (;;) {
        const length = Number(recvfrom(fd, buffer, buffer.length, 0, null, null));
        if (length < 0) return;
        const icmp = buffer.slice(ipv4 ? ((buffer[0] ?? 0) & 0xf) * 4 : 0, length);
        if (icmp[0] !== (ipv4 ? 8 : 128)) continue;
        const view = new DataView(icmp.buffer);
        last = {
          to: ipv4 ? '10.77.0.1' : 'fd77::1',
          from: null,
          id: view.getUint16(4),
          sequence: view.getUint16(6),
          payload: icmp.subarray(8),
        };
        responder.send(responder.lie(last));
      }
    }),
  );
  epoll.add(fd, EPOLLIN);
  t.teardown(() => {
    epoll.close();
    closeOwnedFd(fd);
  });
  return responder;
}
