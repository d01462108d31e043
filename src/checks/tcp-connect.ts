/**
 * The TCP check that only connects: the most frequent check of all, and the cheapest. It takes the kernel's sockets directly
 * (no handle, stream or timer per probe), uses them again, and asks for the result at once, which a peer on this host, or a
 * port that this host refuses, has ready by then. Who answers from farther away is waited for by epoll.
 */
import { isIP, isIPv6 } from 'node:net';
import type { TcpCheck } from '../config/model.js';
import {
  beginConnect,
  ConnectSockets,
  type ConnectStep,
  closeDescriptor,
  stepConnect,
} from '../net/connect-sockets.js';
import { EPOLLOUT, Epoll } from '../net/epoll.js';
import { SyscallError } from '../net/libc.js';
import { encodeSockaddr } from '../net/sockaddr.js';
import { type Nanoseconds, NS_PER_US, ns } from '../wire/units.js';
import type { Checker, CheckerContext, Outcome, Phase, ProbeSpec, RunningProbe } from './checker.js';
import { type Ending, endingOfError, healthy, hostPort } from './ending.js';

/** A peer that answered within this time is asked at once the next time. */
const NEAR_NS = ns(200 * NS_PER_US);

const isEmpty = (bytes: Uint8Array | null): boolean => bytes === null || bytes.length === 0;

/** Does this check end with the connection, without TLS or data? */
export const isConnectOnly = (check: TcpCheck): boolean => !check.tls && isEmpty(check.send) && isEmpty(check.receive);

/** What is the same for all probes of a target. */
type Route = {
  readonly address: string;
  readonly sockaddr: Uint8Array;
  readonly sockets: ConnectSockets;
  /** Its sockets are for this target alone, so they are not kept. */
  readonly marked: boolean;
  near: boolean;
};

export function createTcpConnectChecker(context: CheckerContext): Checker<TcpCheck> {
  return new TcpConnectChecker(context);
}

class TcpConnectChecker implements Checker<TcpCheck> {
  readonly #context: CheckerContext;
  readonly #routes = new WeakMap<ProbeSpec, Route>();
  readonly #sockets = new Map<string, ConnectSockets>();
  /** By descriptor. */
  readonly #pending = new Map<number, ConnectProbe>();
  readonly #resolving = new Set<ConnectProbe>();
  #epoll: Epoll | null = null;
  /** Ended before their `start` returned. */
  #early: [ConnectProbe, Outcome][] = [];

  constructor(context: CheckerContext) {
    this.#context = context;
  }

  start(spec: ProbeSpec<TcpCheck>, done: (outcome: Outcome) => void): RunningProbe {
    const probe = new ConnectProbe(this, spec, done, this.#context.now());
    const route = this.#routes.get(spec);
    // A name's address may have changed since.
    if (route !== undefined && route.address === spec.host) this.#connect(probe, route);
    else if (isIP(spec.host) === 0) this.#resolve(probe);
    else this.#connectTo(probe, spec.host);
    return probe;
  }

  close(): void {
    for (const probe of [...this.#pending.values(), ...this.#resolving]) probe.abort();
    for (const sockets of this.#sockets.values()) sockets.close();
    this.#epoll?.close();
    this.#epoll = null;
  }

  /** For a probe's `abort`: frees what it holds. */
  drop(probe: ConnectProbe): void {
    this.#resolving.delete(probe);
    if (probe.fd < 0) return;
    this.#pending.delete(probe.fd);
    closeDescriptor(probe.fd);
    probe.fd = -1;
  }

  #resolve(probe: ConnectProbe): void {
    probe.phase = 'resolve';
    this.#resolving.add(probe);
    this.#context.resolve(probe.spec.host).then(
      (address) => {
        if (this.#resolving.delete(probe)) this.#connectTo(probe, address);
      },
      (error: unknown) => {
        if (this.#resolving.delete(probe)) this.#end(probe, endingOfError(error, probe.spec.host));
      },
    );
  }

  #connectTo(probe: ConnectProbe, address: string): void {
    probe.phase = 'connect';
    const known = this.#routes.get(probe.spec);
    try {
      this.#connect(probe, known?.address === address ? known : this.#route(probe.spec, address));
    } catch (error) {
      this.#end(probe, endingOfError(error, hostPort(probe.spec.host, probe.spec.port)));
    }
  }

  #route(spec: ProbeSpec<TcpCheck>, address: string): Route {
    const { source } = spec.check;
    const { mark } = spec;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const key = `${family} ${source}`;
    let sockets = mark === null ? this.#sockets.get(key) : undefined;
    if (sockets === undefined) {
      sockets = new ConnectSockets({ family, source, mark });
      if (mark === null) this.#sockets.set(key, sockets);
    }
    const sockaddr = encodeSockaddr(address, spec.port);
    const route = { address, sockaddr, sockets, marked: mark !== null, near: true };
    this.#routes.set(spec, route);
    return route;
  }

  #connect(probe: ConnectProbe, route: Route): void {
    probe.route = route;
    try {
      probe.fd = route.sockets.take();
      let step = beginConnect(probe.fd, route.sockaddr);
      if (step.kind === 'pending' && route.near) step = stepConnect(probe.fd, route.sockaddr);
      if (step.kind !== 'pending') {
        this.#settle(probe, route, step);
        return;
      }
      route.near = false;
      this.#epoll ??= new Epoll(() => this.#epoll?.take(this.#onReady));
      this.#epoll.add(probe.fd, EPOLLOUT);
      this.#pending.set(probe.fd, probe);
    } catch (error) {
      this.drop(probe);
      this.#end(probe, endingOfError(error, hostPort(probe.spec.host, probe.spec.port)));
    }
  }

  readonly #onReady = (fd: number): void => {
    const probe = this.#pending.get(fd);
    if (probe === undefined || probe.route === null) return;
    const step = stepConnect(fd, probe.route.sockaddr);
    if (step.kind === 'pending') return;
    this.#pending.delete(fd);
    this.#epoll?.remove(fd);
    probe.route.near = this.#context.now() - probe.startedNs < NEAR_NS;
    this.#settle(probe, probe.route, step);
  };

  /** The kernel has answered: the socket goes back, and the probe ends. */
  #settle(probe: ConnectProbe, route: Route, step: Exclude<ConnectStep, { kind: 'pending' }>): void {
    const { fd } = probe;
    probe.fd = -1;
    if (step.kind === 'connected') {
      if (route.marked) closeDescriptor(fd);
      else route.sockets.giveConnected(fd);
      this.#end(probe, CONNECTED);
      return;
    }
    if (route.marked) closeDescriptor(fd);
    else route.sockets.giveFailed(fd);
    const error = new SyscallError('connect', step.errno);
    this.#end(probe, endingOfError(error, hostPort(probe.spec.host, probe.spec.port)));
  }

  #end(probe: ConnectProbe, ending: Ending): void {
    const outcome: Outcome = { ...ending, durationNs: ns(this.#context.now() - probe.startedNs) };
    if (this.#early.push([probe, outcome]) === 1) queueMicrotask(this.#deliver);
  }

  readonly #deliver = (): void => {
    const early = this.#early;
    this.#early = [];
    for (const [probe, outcome] of early) probe.deliver(outcome);
  };
}

const CONNECTED = healthy('connected');

class ConnectProbe implements RunningProbe {
  readonly spec: ProbeSpec<TcpCheck>;
  readonly startedNs: Nanoseconds;
  readonly #checker: TcpConnectChecker;
  readonly #done: (outcome: Outcome) => void;
  #over = false;
  phase: Phase = 'connect';
  route: Route | null = null;
  fd = -1;

  constructor(
    checker: TcpConnectChecker,
    spec: ProbeSpec<TcpCheck>,
    done: (outcome: Outcome) => void,
    startedNs: Nanoseconds,
  ) {
    this.#checker = checker;
    this.spec = spec;
    this.#done = done;
    this.startedNs = startedNs;
  }

  deliver(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(outcome);
  }

  abort(): Phase {
    this.#over = true;
    this.#checker.drop(this);
    return this.phase;
  }
}
