/**
 * The TCP check that only connects: the most frequent check of all, and the cheapest. It takes the kernel's sockets directly
 * (no handle, stream or timer per probe), uses them again, and asks for the result at once, which a peer on this host, or a
 * port that this host refuses, has ready by then. Who answers from farther away is waited for by epoll.
 */
import { isIP } from 'node:net';
import type { TcpCheck } from '../config/model.js';
import { ConnectPools, type ConnectSockets, type ConnectStep } from '../net/connect-sockets.js';
import { errnoName } from '../net/libc.js';
import { identityOf } from '../net/marked-socket.js';
import { encodeSockaddr } from '../net/sockaddr.js';
import type { Waiter } from '../net/waiters.js';
import { NS_PER_US, ns } from '../wire/units.js';
import type {
  CheckerContext,
  Outcome,
  Phase,
  PreparedProbe,
  PreparingChecker,
  ProbeSpec,
  RunningProbe,
} from './checker.js';
import { type Ending, endingOfCode, endingOfError, healthy, hostPort } from './ending.js';

/** A peer that answered within this time is asked at once the next time. */
const NEAR_NS = ns(200 * NS_PER_US);

const isEmpty = (bytes: Uint8Array | null): boolean => bytes === null || bytes.length === 0;

/** Does this check end with the connection, without TLS or data? */
export const isConnectOnly = (check: TcpCheck): boolean => !check.tls && isEmpty(check.send) && isEmpty(check.receive);

export function createTcpConnectChecker(context: CheckerContext): PreparingChecker<TcpCheck> {
  const prober = new Prober(context);
  return {
    start: (spec, done) => new ConnectProbe(prober, spec, done).start(),
    prepare: (spec, done) => new ConnectProbe(prober, spec, done),
    close: () => prober.close(),
  };
}

/** What the probes of one checker share. */
class Prober {
  readonly context: CheckerContext;
  readonly pools = new ConnectPools();
  /** Ended, perhaps before their `start` has returned. */
  #ended: ConnectProbe[] = [];
  closed = false;

  constructor(context: CheckerContext) {
    this.context = context;
  }

  deliver(probe: ConnectProbe): void {
    if (this.#ended.push(probe) === 1) queueMicrotask(this.#deliver);
  }

  close(): void {
    this.closed = true;
    for (const probe of [...this.pools.waiting()] as ConnectProbe[]) probe.abort();
    this.pools.close();
  }

  readonly #deliver = (): void => {
    const ended = this.#ended;
    this.#ended = [];
    for (const probe of ended) probe.deliver();
  };
}

type Route = { readonly address: string; readonly sockaddr: Uint8Array; readonly sockets: ConnectSockets };

/** One target's probes, each a round of the same object: thousands start a second. */
class ConnectProbe implements PreparedProbe, RunningProbe, Waiter {
  readonly #prober: Prober;
  readonly #spec: ProbeSpec<TcpCheck>;
  readonly #done: (outcome: Outcome) => void;
  /** Where to connect to, and by what; a name's address may change. */
  #route: Route | null = null;
  /** The last peer answered so soon that it pays to ask at once. */
  #near = true;
  #phase: Phase = 'connect';
  #startedNs = ns(0);
  /** -1: none is held. */
  #fd = -1;
  /** Counts the probes, so that an answer of the resolver to one that was aborted is known as such. */
  #round = 0;
  #outcome: Outcome | null = null;

  constructor(prober: Prober, spec: ProbeSpec<TcpCheck>, done: (outcome: Outcome) => void) {
    this.#prober = prober;
    this.#spec = spec;
    this.#done = done;
  }

  start(): RunningProbe {
    this.#round += 1;
    this.#startedNs = this.#prober.context.now();
    const { host } = this.#spec;
    if (this.#route?.address === host || isIP(host) !== 0) this.#connectTo(host);
    else this.#resolve(host, this.#round);
    return this;
  }

  abort(): Phase {
    this.#round += 1;
    this.#outcome = null;
    this.#drop();
    return this.#phase;
  }

  onReady(): void {
    const route = this.#route;
    if (route === null) return;
    const step = route.sockets.connect(this.#fd, route.sockaddr);
    if (step.kind === 'pending') return;
    this.#near = this.#prober.context.now() - this.#startedNs < NEAR_NS;
    this.#settle(step, route.sockets);
  }

  deliver(): void {
    const outcome = this.#outcome;
    this.#outcome = null;
    if (outcome !== null) this.#done(outcome);
  }

  #resolve(host: string, round: number): void {
    this.#phase = 'resolve';
    this.#prober.context.resolve(host).then(
      (address) => {
        if (this.#round === round && !this.#prober.closed) this.#connectTo(address);
      },
      (error: unknown) => {
        if (this.#round === round) this.#end(endingOfError(error, host));
      },
    );
  }

  #connectTo(address: string): void {
    this.#phase = 'connect';
    try {
      this.#connect(this.#routeTo(address));
    } catch (error) {
      this.#drop();
      // This node's own address may have changed.
      this.#route = null;
      this.#end(endingOfError(error, this.#where()));
    }
  }

  #routeTo(address: string): Route {
    if (this.#route?.address === address) return this.#route;
    const sockaddr = encodeSockaddr(address, this.#spec.port);
    this.#route = { address, sockaddr, sockets: this.#prober.pools.get(address, identityOf(this.#spec), 'later') };
    this.#near = true;
    return this.#route;
  }

  #connect({ sockets, sockaddr }: Route): void {
    this.#fd = sockets.take();
    let step = sockets.connect(this.#fd, sockaddr);
    if (step.kind === 'pending' && this.#near) step = sockets.connect(this.#fd, sockaddr);
    if (step.kind !== 'pending') {
      this.#settle(step, sockets);
      return;
    }
    this.#near = false;
    sockets.watch(this.#fd, this);
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
    this.#route?.sockets.discard(this.#fd);
    this.#fd = -1;
  }

  #end(ending: Ending): void {
    const durationNs = ns(this.#prober.context.now() - this.#startedNs);
    this.#outcome =
      ending === CONNECTED ? { kind: 'healthy', message: 'connected', durationNs } : { ...ending, durationNs };
    this.#prober.deliver(this);
  }

  #where(): string {
    return hostPort(this.#spec.host, this.#spec.port);
  }
}

const CONNECTED = healthy('connected');
