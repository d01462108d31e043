/** Who waits for which descriptor: one epoll instance for all of them, made when the first one waits. */
import { Epoll } from './epoll.js';

export interface Waiter {
  /**
   * The descriptor became ready, for what epoll's `events` say. It may be no more by now, and an edge-triggered one tells of
   * its past too: so this only asks to look.
   */
  onReady(events: number): void;
}

export class Waiters {
  readonly #waiters = new Map<number, Waiter>();
  /** What the kernel watches for us. */
  readonly #watched = new Set<number>();
  #epoll: Epoll | null = null;

  /** The descriptor is this waiter's from now on. `events` count at the first time. Throws SyscallError: descriptors are short. */
  set(fd: number, events: number, waiter: Waiter): void {
    if (!this.#watched.has(fd)) {
      this.#epoll ??= new Epoll(() => this.#epoll?.take(this.#onReady));
      this.#epoll.add(fd, events);
      this.#watched.add(fd);
    }
    this.#waiters.set(fd, waiter);
  }

  /** Nobody waits for it for now. */
  clear(fd: number): void {
    this.#waiters.delete(fd);
  }

  /** It is about to be closed. The kernel forgets it by itself. */
  forget(fd: number): void {
    this.#waiters.delete(fd);
    this.#watched.delete(fd);
  }

  all(): Iterable<Waiter> {
    return this.#waiters.values();
  }

  close(): void {
    this.#epoll?.close();
    this.#epoll = null;
    this.#waiters.clear();
    this.#watched.clear();
  }

  readonly #onReady = (fd: number, events: number): void => this.#waiters.get(fd)?.onReady(events);
}
