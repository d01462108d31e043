import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Observable, ReplaySubject, Subject, type Subscription } from 'rxjs';
import type { Link } from '../../model/link.js';
import type { PlainGrant } from '../../wire/links/control.js';
import { directionsOf, type LinkKind, type Side } from '../../wire/links/link-kind.js';
import { fromPort } from './from-port.js';
import { type DirectionCounters, directionCounters } from './link-counters.js';

/** A link as its actor knows it, whether its peer runs or not. */
export type LinkDeclaration = Omit<PlainGrant, 'incarnation'>;

/** What the supervisor hands to each end of a link, anew for each life of either end. */
export type LinkGrant = PlainGrant & {
  readonly counters: SharedArrayBuffer;
  readonly port: MessagePort;
};

export const plainGrant = ({ kind, side, peer, incarnation }: LinkGrant): PlainGrant => ({
  kind,
  side,
  peer,
  incarnation,
});

export type LinkFate = 'dropped' | 'coalesced' | 'unknown' | 'malformed' | 'refused-version';

type Hello = { readonly hello: string; readonly version: number };
const WAKE = 'wake';
/** Begins the key of a message that has none of its own; names of services and instances do not begin so. */
const BLOCKED = '#';

const isHello = (value: unknown): value is Hello =>
  typeof value === 'object' && value !== null && 'hello' in value && 'version' in value;

/**
 * One end of a link. Outside it is RxJS; inside it is a port at a time, a window of `bound` untaken messages, and a queue for
 * what found the window full. The first thing each end says is the protocol and version that it will send.
 */
export class LinkEnd implements Link<unknown, unknown> {
  readonly kind: LinkKind;
  readonly peer: string;
  readonly side: Side;
  /** What comes before the first subscriber waits for it: an actor may have to read a file before it can listen. */
  readonly in$ = new Observable<unknown>((subscriber) => {
    const subscription = this.#messages$.subscribe(subscriber);
    this.#deliverEarly();
    return subscription;
  });
  readonly connected$ = new ReplaySubject<number>(1);
  readonly out = { next: (message: unknown) => this.#send(message) };

  readonly #messages$ = new Subject<unknown>();
  /** Not taken yet, so no more than a window. */
  #early: { readonly connection: Connection; readonly bytes: Uint8Array }[] | null = [];
  readonly #directions: ReturnType<typeof directionsOf>;
  readonly #onFate: (fate: LinkFate, detail: string) => void;
  readonly #yieldCpu: (actors: number) => void;
  /** Waiting messages by key, oldest first; a blocked message has a key of its own. */
  readonly #pending = new Map<string, unknown>();
  #blockedCount = 0;
  #connection: Connection | null = null;

  /** `yieldCpu` is called after a message that hurries, with the actors that it goes through. */
  constructor(
    kind: LinkKind,
    { side, peer }: Omit<LinkDeclaration, 'kind'>,
    onFate: (fate: LinkFate, detail: string) => void,
    yieldCpu: (actors: number) => void = () => {},
  ) {
    this.kind = kind;
    this.peer = peer;
    this.side = side;
    this.#directions = directionsOf(kind, side);
    this.#onFate = onFate;
    this.#yieldCpu = yieldCpu;
  }

  /** Takes a fresh port in the place of the one before. With `polled`, messages arrive only by `poll`. */
  attach(grant: LinkGrant, polled: boolean): void {
    this.detach();
    const outgoing = this.side === 'a' ? 'aToB' : 'bToA';
    const connection: Connection = {
      port: grant.port,
      sent: directionCounters(grant.counters, outgoing),
      taken: directionCounters(grant.counters, outgoing === 'aToB' ? 'bToA' : 'aToB'),
      agreed: false,
      subscription: null,
    };
    this.#connection = connection;
    this.#forgetState();
    const { protocol } = this.#directions.out;
    grant.port.postMessage({ hello: protocol.name, version: protocol.version } satisfies Hello);
    if (!polled) this.#listen(connection);
    this.connected$.next(grant.incarnation);
    this.#flush(connection);
  }

  /**
   * The reader may be a new one, and is told everything anew by whoever hears `connected$`. What waits by key is a part of
   * that, and would come before it: before the `state-begin` or after the `complete` that it belongs to.
   */
  #forgetState(): void {
    for (const key of this.#pending.keys()) {
      if (!key.startsWith(BLOCKED)) this.#pending.delete(key);
    }
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  backlog(): number {
    return this.#pending.size + (this.#connection?.sent.depth() ?? 0);
  }

  /** From delivery by event to delivery by `poll`. */
  stopListening(): void {
    this.#connection?.subscription?.unsubscribe();
    if (this.#connection !== null) this.#connection.subscription = null;
  }

  /** Delivers what has come, at most one window's worth. */
  poll(): void {
    const connection = this.#connection;
    if (connection === null) return;
    for (let taken = 0; taken < this.#directions.in.bound; taken += 1) {
      const received = receiveMessageOnPort(connection.port);
      if (received === undefined) break;
      this.#receive(connection, received.message);
    }
    if (this.#pending.size > 0) this.#flush(connection);
  }

  detach(): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    this.#early &&= [];
    connection.subscription?.unsubscribe();
    connection.port.close();
  }

  /** Ends the streams too; the link is not used again. */
  close(): void {
    this.detach();
    this.#messages$.complete();
    this.connected$.complete();
  }

  #listen(connection: Connection): void {
    connection.subscription = fromPort(connection.port).subscribe((value) => this.#receive(connection, value));
  }

  #receive(connection: Connection, value: unknown): void {
    if (value instanceof Uint8Array) {
      this.#receiveMessage(connection, value);
    } else if (value === WAKE) {
      this.#flush(connection);
    } else if (isHello(value)) {
      this.#agree(connection, value);
    } else {
      this.#onFate('malformed', 'not a frame of this link');
    }
  }

  #agree(connection: Connection, hello: Hello): void {
    const { protocol } = this.#directions.in;
    if (hello.hello === protocol.name && hello.version === protocol.version) {
      connection.agreed = true;
    } else {
      const detail = `peer speaks ${hello.hello} ${hello.version}, this end reads ${protocol.name} ${protocol.version}`;
      this.#onFate('refused-version', detail);
    }
  }

  #deliverEarly(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const { connection, bytes } of early) this.#receiveMessage(connection, bytes);
  }

  #receiveMessage(connection: Connection, bytes: Uint8Array): void {
    // Of a connection that is over, a peer that is gone: the next one tells its state anew.
    if (connection !== this.#connection) return;
    if (this.#early !== null) {
      this.#early.push({ connection, bytes });
      return;
    }
    if (connection.agreed) {
      const decoded = this.#directions.in.protocol.decode(bytes);
      if (decoded.kind === 'known') this.#messages$.next(decoded.message);
      else this.#onFate(decoded.kind, decoded.kind === 'unknown' ? decoded.messageKind : decoded.reason);
    } else {
      this.#onFate('refused-version', 'a message before the handshake');
    }
    connection.taken.markTaken();
    if (connection.taken.woken()) connection.port.postMessage(WAKE);
  }

  #send(message: unknown): void {
    const connection = this.#connection;
    if (connection !== null && this.#pending.size === 0 && this.#hasRoom(connection)) this.#post(connection, message);
    else this.#wait(message);
  }

  #hasRoom(connection: Connection): boolean {
    return connection.sent.depth() < this.#directions.out.bound;
  }

  #post(connection: Connection, message: unknown): void {
    const bytes = this.#directions.out.protocol.encode(message);
    connection.sent.markSent();
    connection.port.postMessage(bytes, [bytes.buffer]);
    const { urgent } = this.#directions.out;
    if (urgent !== undefined) this.#yieldCpu(urgent(message));
  }

  #wait(message: unknown): void {
    const overflow = this.#directions.out.overflow(message);
    if (overflow.kind === 'coalesce') {
      if (this.#pending.has(overflow.key)) this.#onFate('coalesced', overflow.key);
      this.#pending.set(overflow.key, message);
    } else if (overflow.kind === 'drop' && this.#pending.size >= this.#directions.out.bound) {
      this.#onFate('dropped', '');
      return;
    } else {
      this.#blockedCount += 1;
      this.#pending.set(`${BLOCKED}${this.#blockedCount}`, message);
    }
    const connection = this.#connection;
    if (connection === null) return;
    connection.sent.wait();
    // The reader may have taken the last message before it could see the flag.
    if (this.#hasRoom(connection)) this.#flush(connection);
  }

  #flush(connection: Connection): void {
    for (const [key, message] of this.#pending) {
      if (!this.#hasRoom(connection)) {
        connection.sent.wait();
        if (!this.#hasRoom(connection)) return;
      }
      this.#pending.delete(key);
      this.#post(connection, message);
    }
  }
}

type Connection = {
  readonly port: MessagePort;
  /** Of what this end sends. */
  readonly sent: DirectionCounters;
  /** Of what it receives. */
  readonly taken: DirectionCounters;
  agreed: boolean;
  subscription: Subscription | null;
};
