/**
 * Echo requests. The targets of a shard share one socket per family (and source, and mark); a reply counts when its
 * identifier, its sequence, its sender and its data are those of a request under way, and anything else is left alone.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { addressBytes } from '../../model/ip-address.js';
import type { Checker, CheckerContext, ProbeSpec } from '../../model/probe.js';
import { EPOLLIN } from '../../os/kernel/epoll.js';
import { SyscallError } from '../../os/kernel/libc.js';
import { encodeSockaddr } from '../../os/kernel/sockaddr.js';
import { type Waiter, Waiters } from '../../os/kernel/waiters.js';
import { type PingIdentity, type PingReceived, PingSocket } from '../../os/packets/ping-socket.js';
import { identityOf } from '../../os/sockets/marked-socket.js';
import { type IcmpMessage, writeEchoRequest } from '../../wire/ip/icmp.js';
import { createChecker, type Probe, resolveTarget } from '../probing/probe.js';
import { healthy, ourError, resultOfError, unhealthy } from '../probing/probe-result.js';
import type { IcmpCheck } from './index.js';

/** Packets taken in one turn of the event loop: about 2 ms of work, so that a flood does not keep the other checks. */
const MAX_PER_TURN = 512;
const SEQUENCES = 0x10000;
/** Tells a reply to this request from a late one to an earlier request with the same sequence. */
const TOKEN_BYTES = 8;

export function createIcmpChecker(context: CheckerContext): Checker<IcmpCheck> {
  const pingers = new Pingers();
  return createChecker(
    context,
    (probe, spec) => {
      resolveTarget(probe, context, spec.host, (address) => {
        probe.phase = 'send';
        pingers.of(spec, address).ping(probe, address, spec);
      });
    },
    () => pingers.close(),
  );
}

class Pingers {
  readonly #pingers = new Map<string, Pinger>();
  readonly #waiters = new Waiters();

  /** The shared one; a marked target has its own, for as long as it has a request under way. */
  of(spec: ProbeSpec<IcmpCheck>, address: string): Pinger {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    const identity: PingIdentity = { family, ...identityOf(spec) };
    const key = `${family} ${identity.source} ${identity.mark}`;
    const known = this.#pingers.get(key);
    if (known !== undefined) return known;
    const pinger = new Pinger(new PingSocket(identity), () => {
      if (identity.mark !== null) this.#drop(key, pinger);
    });
    this.#pingers.set(key, pinger);
    this.#waiters.set(pinger.socket.fd, EPOLLIN, pinger);
    return pinger;
  }

  close(): void {
    for (const [key, pinger] of this.#pingers) this.#drop(key, pinger);
    this.#waiters.close();
  }

  #drop(key: string, pinger: Pinger): void {
    this.#pingers.delete(key);
    this.#waiters.forget(pinger.socket.fd);
    pinger.socket.close();
  }
}

type Request = {
  readonly probe: Probe;
  readonly where: string;
  /** The target's 4 or 16 bytes. */
  readonly target: Uint8Array;
  readonly payload: Uint8Array;
  ignored: number;
};

class Pinger implements Waiter {
  readonly socket: PingSocket;
  /** By sequence. */
  readonly #underWay = new Map<number, Request>();
  readonly #onIdle: () => void;
  #sequence = 0;

  constructor(socket: PingSocket, onIdle: () => void) {
    this.socket = socket;
    this.#onIdle = onIdle;
  }

  ping(probe: Probe, address: string, { host, check }: ProbeSpec<IcmpCheck>): void {
    const sequence = this.#freeSequence();
    if (sequence === null) {
      probe.end(ourError('other', `${SEQUENCES} echo requests are under way: no sequence is free`));
      return;
    }
    const payload = payloadOf(check.payloadSize);
    const target = addressBytes(address) ?? new Uint8Array();
    const request: Request = { probe, where: host, target, payload, ignored: 0 };
    probe.describe = () => (request.ignored === 0 ? '' : `${request.ignored} replies that did not match ignored`);
    const family = target.length === 4 ? 'ipv4' : 'ipv6';
    const code = this.#send(writeEchoRequest(family, this.socket.id, sequence, payload), encodeSockaddr(address, 0));
    if (code !== 0) {
      probe.end(resultOfError(sendError(code), host));
      this.#checkIdle();
      return;
    }
    probe.phase = 'receive';
    this.#underWay.set(sequence, request);
    probe.hold(() => {
      this.#underWay.delete(sequence);
      this.#checkIdle();
    });
  }

  onReady(): void {
    this.socket.receive(MAX_PER_TURN, this.#take);
  }

  /** A socket's pending error, about another request, makes the next send fail in its place: that one is sent again. */
  #send(packet: Uint8Array, address: Uint8Array): number {
    const code = this.socket.send(packet, address);
    if (code === 0 || this.socket.kind === 'raw') return code;
    this.socket.receiveErrors(MAX_PER_TURN, this.#take);
    return this.socket.send(packet, address);
  }

  readonly #take = (received: PingReceived): void => {
    if ('message' in received) this.#takeMessage(received.message, received.source);
    else this.#takeError(received.sequence, received.destination, new SyscallError('ping', received.errno));
  };

  #takeMessage(message: IcmpMessage, source: Uint8Array): void {
    if (message.kind === 'undelivered') {
      const request = this.#underWay.get(message.sequence);
      if (request === undefined || !same(message.destination, request.target)) return;
      const text = message.why === 'unreachable' ? 'host unreachable' : `undelivered: ${message.why}`;
      request.probe.end(unhealthy('unreachable', `${request.where}: ${text}`));
      return;
    }
    const request = this.#underWay.get(message.sequence);
    if (request === undefined) return;
    if (!same(source, request.target) || !same(message.payload, request.payload)) request.ignored += 1;
    else request.probe.end(healthy(`echo reply of ${message.payload.length} bytes`));
  }

  #takeError(sequence: number, destination: Uint8Array, error: SyscallError): void {
    const request = this.#underWay.get(sequence);
    if (request === undefined || !same(destination, request.target)) return;
    request.probe.end(resultOfError(error, request.where));
  }

  #freeSequence(): number | null {
    if (this.#underWay.size === SEQUENCES) return null;
    do this.#sequence = (this.#sequence + 1) % SEQUENCES;
    while (this.#underWay.has(this.#sequence));
    return this.#sequence;
  }

  #checkIdle(): void {
    if (this.#underWay.size === 0) this.#onIdle();
  }
}

/** Random bytes in front, for as far as there is room; a pattern behind them. */
function payloadOf(size: number): Uint8Array {
  const payload = new Uint8Array(size);
  for (let i = TOKEN_BYTES; i < size; i += 1) payload[i] = i & 0xff;
  payload.set(randomBytes(Math.min(TOKEN_BYTES, size)));
  return payload;
}

/** A full queue of the device is EAGAIN here: there are no ports to run out of. */
const sendError = (code: number): SyscallError =>
  new SyscallError('sendto', code === constants.errno.EAGAIN ? constants.errno.ENOBUFS : code);

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

export { createIcmpChecker as create };
