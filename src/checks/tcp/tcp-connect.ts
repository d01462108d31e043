/**
 * The TCP check that only connects: the most frequent check of all, and the cheapest. It takes the kernel's sockets directly
 * (no handle, stream or timer per probe), uses them again, and asks for the result at once, which a peer on this host, or a
 * port that this host refuses, has ready by then, however slow the machine. Who answers from farther away is waited for by epoll.
 */
import { isIP } from 'node:net';
import { hostPort } from '../../model/ip-address.js';
import type {
  Checker,
  CheckerContext,
  Outcome,
  Phase,
  PreparedProbe,
  ProbeOwner,
  ProbeSpec,
  RunningProbe,
} from '../../model/probe.js';
import { type Nanoseconds, ns } from '../../model/units.js';
import { errnoName } from '../../os/kernel/libc.js';
import { encodeSockaddr, Ipv4Sockaddr, ipv4Number } from '../../os/kernel/sockaddr.js';
import type { Waiter } from '../../os/kernel/waiters.js';
import { ConnectPools, type ConnectSockets, type ConnectStep, pending } from '../../os/sockets/connect-sockets.js';
import { identityOf } from '../../os/sockets/marked-socket.js';
import { endingOfCode, healthy, type ProbeResult, resultOfError } from '../probing/probe-result.js';
import type { TcpCheck } from './index.js';

/** Where asking at once was in vain each time, so many probes do not in the end, before one does. */
const MAX_REST = 63;

const isEmpty = (bytes: Uint8Array | null): boolean => bytes === null || bytes.length === 0;

/** Does this check end with the connection, without TLS or data? */
export const isConnectOnly = (check: TcpCheck): boolean => !check.tls && isEmpty(check.send) && isEmpty(check.receive);

export function createTcpConnectChecker(context: CheckerContext): Checker<TcpCheck> {
  const prober = new Prober(context);
  return {
    prepare: (spec, owner) => new ConnectProbe(prober, spec, owner),
    close: () => prober.close(),
  };
}

/** What the probes of one checker share. */
class Prober {
  readonly context: CheckerContext;
  readonly pools = new ConnectPools();
  readonly ipv4Sockaddr = new Ipv4Sockaddr();
  /** Ended, perhaps before their `start` has returned. */
  #ended: Ended[] = [];
  closed = false;

  constructor(context: CheckerContext) {
    this.context = context;
  }

  deliver(ended: Ended): void {
    if (this.#ended.push(ended) === 1) queueMicrotask(this.#deliver);
  }

  close(): void {
    this.closed = true;
    for (const probe of [...this.pools.waiting()] as ConnectProbe[]) probe.abort();
    this.pools.close();
  }

  readonly #deliver = (): void => {
    const ended = this.#ended;
    this.#ended = [];
    for (const { probe, round, outcome } of ended) probe.deliver(round, outcome);
  };
}

type Ended = { readonly probe: ConnectProbe; readonly round: number; readonly outcome: Outcome };

/**
 * One target's probes, each a round of the same object: thousands start a second. With 100,000 targets its data is out of the
 * processor's caches by its next turn, and each object that a probe reads is waited for: so the way to the target is held in
 * fields here, not in objects.
 */
class ConnectProbe implements PreparedProbe, RunningProbe, Waiter {
  readonly #prober: Prober;
  readonly #spec: ProbeSpec<TcpCheck>;
  readonly #port: number;
  /** The host is an IP address, not a name. */
  readonly #isAddress: boolean;
  readonly #owner: ProbeOwner;
  /** Where to connect to, and by what; a name's address may change. */
  #address: string | null = null;
  #ipv4 = 0;
  #ipv6: Uint8Array | null = null;
  #sockets: ConnectSockets | null = null;
  /** So many probes do not ask at once after the last that did, and so many of them are left. */
  #rest = 0;
  #restLeft = 0;
  #phase: Phase = 'connect';
  #startedNs = ns(0);
  /** -1: none is held. */
  #fd = -1;
  /** Counts the probes, so that what is told of one that was aborted is known as such. */
  #round = 0;

  constructor(prober: Prober, spec: ProbeSpec<TcpCheck>, owner: ProbeOwner) {
    this.#prober = prober;
    this.#spec = spec;
    this.#port = spec.port;
    this.#isAddress = isIP(spec.host) !== 0;
    this.#owner = owner;
  }

  start(): RunningProbe {
    this.#round += 1;
    this.#startedNs = this.#prober.context.now();
    if (this.#isAddress) this.#connectTo(null);
    else this.#resolve(this.#spec.host, this.#round);
    return this;
  }

  abort(): Phase {
    this.#round += 1;
    this.#drop();
    return this.#phase;
  }

  onReady(): void {
    const sockets = this.#sockets;
    if (sockets === null) return;
    const step = sockets.connect(this.#fd, this.#sockaddr());
    if (step.kind === 'pending') return;
    this.#settle(step, sockets);
  }

  deliver(round: number, outcome: Outcome): void {
    if (this.#round === round) this.#owner.ended(outcome);
  }

  #resolve(host: string, round: number): void {
    this.#phase = 'resolve';
    this.#prober.context.resolve(host).then(
      (address) => {
        if (this.#round === round && !this.#prober.closed) this.#connectTo(address);
      },
      (error: unknown) => {
        if (this.#round === round) this.#end(resultOfError(error, host));
      },
    );
  }

  /** `address`: what the name stands for; null where the host is an address itself. */
  #connectTo(address: string | null): void {
    this.#phase = 'connect';
    try {
      const known = this.#address === address ? this.#sockets : null;
      this.#connect(known ?? this.#routeTo(address));
    } catch (error) {
      this.#drop();
      // This node's own address may have changed.
      this.#address = null;
      this.#sockets = null;
      this.#end(resultOfError(error, this.#where()));
    }
  }

  /** Works out the way to an address. */
  #routeTo(address: string | null): ConnectSockets {
    const text = address ?? this.#spec.host;
    const ipv4 = ipv4Number(text);
    this.#ipv4 = ipv4 ?? 0;
    this.#ipv6 = ipv4 === null ? encodeSockaddr(text, this.#port) : null;
    const sockets = this.#prober.pools.get(text, identityOf(this.#spec), 'later');
    this.#sockets = sockets;
    this.#address = address;
    this.#rest = 0;
    this.#restLeft = 0;
    return sockets;
  }

  /** Good until the next call for any target. */
  #sockaddr(): Uint8Array {
    return this.#ipv6 ?? this.#prober.ipv4Sockaddr.to(this.#ipv4, this.#port);
  }

  #connect(sockets: ConnectSockets): void {
    this.#fd = sockets.take();
    const sockaddr = this.#sockaddr();
    let step = sockets.connect(this.#fd, sockaddr);
    if (step.kind === 'pending') step = this.#askAtOnce(sockets, sockaddr);
    if (step.kind === 'pending') sockets.watch(this.#fd, this);
    else this.#settle(step, sockets);
  }

  /** A call in vain where the peer is a network away: tried half as often each time. */
  #askAtOnce(sockets: ConnectSockets, sockaddr: Uint8Array): ConnectStep {
    if (this.#restLeft > 0) {
      this.#restLeft -= 1;
      return pending;
    }
    const step = sockets.connect(this.#fd, sockaddr);
    this.#rest = step.kind === 'pending' ? Math.min(MAX_REST, 2 * this.#rest + 1) : 0;
    this.#restLeft = this.#rest;
    return step;
  }

  /** The kernel has answered: the socket goes back, and the probe ends. */
  #settle(step: Exclude<ConnectStep, { kind: 'pending' }>, sockets: ConnectSockets): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (step.kind === 'connected') {
      sockets.giveConnected(fd);
      this.#end(CONNECTED);
    } else {
      sockets.giveFailed(fd);
      const code = errnoName(step.errno);
      // No Error is made of it: its stack would take as long as the rest of the way to the engine.
      this.#end(endingOfCode(code, `connect: ${code}`, this.#where()));
    }
  }

  #drop(): void {
    if (this.#fd < 0) return;
    this.#sockets?.discard(this.#fd);
    this.#fd = -1;
  }

  #end(ending: ProbeResult): void {
    const durationNs = ns(this.#prober.context.now() - this.#startedNs);
    this.#prober.deliver({ probe: this, round: this.#round, outcome: outcomeOf(ending, durationNs) });
  }

  #where(): string {
    return hostPort(this.#spec.host, this.#spec.port);
  }
}

const CONNECTED = healthy('connected');

const outcomeOf = (ending: ProbeResult, durationNs: Nanoseconds): Outcome =>
  ending === CONNECTED ? { kind: 'healthy', message: 'connected', durationNs } : { ...ending, durationNs };
