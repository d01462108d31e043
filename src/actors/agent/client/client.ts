import type { Socket } from 'node:net';
import { LineBuffer } from '../line-buffer.js';
import { type AgentRequest, parseRequestLine } from '../request-line.js';

/** Requests of one connection under way at once; more wait in its buffers, so that a flood slows down only its sender. */
const MAX_PIPELINED = 32;
/** Answers that a client does not read. They are a few bytes each: this is hundreds of them. */
const MAX_UNREAD_BYTES = 16 * 1024;
/** A connection without a request; HAProxy itself uses a fresh one each time. */
const IDLE_LIMIT_MS = 10 * 60_000;
/** A line that was begun, or answers that are not read: a client that hangs half open. */
const STALL_LIMIT_MS = 10_000;
/** From our end of the connection to the client's: what it still sends is thrown away, so that it can read the last answer. */
const LINGER_MS = 1000;

export type ClientLimits = { readonly idleMs: number; readonly stallMs: number };

const usualLimits: ClientLimits = { idleMs: IDLE_LIMIT_MS, stallMs: STALL_LIMIT_MS };

/** How lines are answered; the answers go out in the order of the lines. */
export type Answerer = {
  /** `answer` is called once, later. */
  request(request: AgentRequest, answer: (text: string) => void): void;
  malformed(reason: string): string;
};

type Slot = { text: string | null };

/** Serves one connection of HAProxy until either side ends it. */
export class AgentClient {
  readonly #socket: Socket;
  readonly #answerer: Answerer;
  readonly #limits: ClientLimits;
  readonly #lines = new LineBuffer();
  /** One a request, oldest first; its text is null until the answer is known. */
  readonly #slots: Slot[] = [];
  /** The client sends no more. */
  #inputEnded = false;
  /** No more lines are taken. */
  #ending = false;
  #linger: NodeJS.Timeout | null = null;

  constructor(socket: Socket, answerer: Answerer, limits: ClientLimits = usualLimits) {
    this.#socket = socket;
    this.#answerer = answerer;
    this.#limits = limits;
    socket.setNoDelay(true);
    socket.setTimeout(limits.idleMs);
    socket.on('timeout', () => this.#onTimeout());
    socket.on('data', (chunk: Buffer) => {
      if (this.#ending) return;
      this.#lines.push(chunk);
      this.#read();
    });
    socket.on('end', () => {
      this.#inputEnded = true;
      this.#read();
    });
    socket.on('drain', () => this.#read());
    // A reset is how many health checkers close.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ending = true;
      if (this.#linger !== null) clearTimeout(this.#linger);
    });
  }

  /** Takes no more requests; ends when what is under way is answered. */
  stop(): void {
    this.#ending = true;
    this.#endIfDone();
  }

  /** Takes lines while there is room for their answers. */
  #read(): void {
    while (!this.#ending && (this.#hasRoom() || this.#makeRoom())) {
      const taken = this.#lines.take();
      if (taken.kind === 'line') {
        this.#take(taken.line);
      } else if (taken.kind === 'too-long') {
        this.#slots.push({ text: this.#answerer.malformed('a line that is too long') });
        this.#ending = true;
      } else {
        if (this.#inputEnded) this.#takeRest();
        break;
      }
    }
    this.#write();
    this.#setPace();
    this.#endIfDone();
  }

  #take(line: string): void {
    const parsed = parseRequestLine(line);
    if (parsed.kind === 'malformed') {
      this.#slots.push({ text: this.#answerer.malformed(parsed.reason) });
      return;
    }
    const slot: Slot = { text: null };
    this.#slots.push(slot);
    this.#answerer.request(parsed.request, (text) => {
      slot.text = text;
      this.#write();
      // Lines may wait for this room.
      if (this.#lines.partial || this.#inputEnded) this.#read();
      else this.#endIfDone();
    });
  }

  /** What the client left without a line end is a request too. */
  #takeRest(): void {
    const rest = this.#lines.takeRest();
    if (rest.trim() !== '') this.#take(rest);
    this.#ending = true;
  }

  /** Writes the answers that are next in order. */
  #write(): void {
    let text = '';
    for (let slot = this.#slots[0]; slot !== undefined && slot.text !== null; slot = this.#slots[0]) {
      text += slot.text;
      this.#slots.shift();
    }
    if (text !== '' && !this.#socket.destroyed) this.#socket.write(text, 'latin1');
  }

  #makeRoom(): boolean {
    this.#write();
    return this.#hasRoom();
  }

  #hasRoom(): boolean {
    return this.#slots.length < MAX_PIPELINED && this.#socket.writableLength < MAX_UNREAD_BYTES;
  }

  #setPace(): void {
    if (this.#ending) {
      this.#socket.resume();
      return;
    }
    if (this.#hasRoom()) this.#socket.resume();
    else this.#socket.pause();
    const stalled = this.#lines.partial || this.#socket.writableLength > 0;
    const limitMs = stalled ? this.#limits.stallMs : this.#limits.idleMs;
    if (this.#socket.timeout !== limitMs) this.#socket.setTimeout(limitMs);
  }

  /** Silence. While a check is under way it is ours, and that has limits of its own. */
  #onTimeout(): void {
    if (this.#slots.length === 0 || this.#socket.writableLength > 0) this.#socket.destroy();
  }

  #endIfDone(): void {
    if (!this.#ending || this.#slots.length > 0 || this.#linger !== null || this.#socket.destroyed) return;
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.end();
  }
}
