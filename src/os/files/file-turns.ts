/**
 * Reads files that a person named while the program runs. A read takes a thread of libuv's pool, which has four for the whole process.
 * On a file system that hangs the read does not give it back. So one file is read at a time, a path whose read has not ended is not
 * tried again, and while two hang nothing is read.
 */
import { messageOf } from '../../model/errors.js';
import type { FileReading } from '../../model/probe.js';
import { FileRefusal, readRegularFileLater } from './regular-file.js';

/** A disk that is busy answers before this. */
const LATE_MS = 1000;
/** Of the four threads: look-ups of names and what the program writes need the others. */
const MAX_LATE = 2;

type Read = (path: string, maxBytes: number) => Promise<{ readonly bytes: Uint8Array }>;

export class FileTurns {
  readonly #read: Read;
  readonly #lateMs: number;
  readonly #asked = new Map<string, Promise<FileReading>>();
  /** Paths whose reads have not ended in time. */
  readonly #late = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(read: Read = readRegularFileLater, lateMs: number = LATE_MS) {
    this.#read = read;
    this.#lateMs = lateMs;
  }

  /** Never rejects. Whoever asks for the same path meanwhile shares the read. */
  read(path: string, maxBytes: number): Promise<FileReading> {
    const asked = this.#asked.get(path);
    if (asked !== undefined) return asked;
    const reading = this.#turn.then(() => this.#inTurn(path, maxBytes)).finally(() => this.#asked.delete(path));
    this.#asked.set(path, reading);
    this.#turn = reading;
    return reading;
  }

  async #inTurn(path: string, maxBytes: number): Promise<FileReading> {
    if (this.#late.has(path)) return late('the last read has not ended: does its file system hang?');
    if (this.#late.size >= MAX_LATE) {
      return late(`reads of ${[...this.#late].join(' and ')} have not ended: does a file system hang?`);
    }
    const ended = readingOf(this.#read(path, maxBytes));
    let timer: NodeJS.Timeout | undefined;
    const inTime = new Promise<FileReading>((resolve) => {
      timer = setTimeout(() => {
        this.#late.add(path);
        resolve(late(`it could not be read within ${this.#lateMs} ms: does its file system hang?`));
      }, this.#lateMs);
    });
    void ended.then(() => this.#late.delete(path));
    return Promise.race([ended, inTime]).finally(() => clearTimeout(timer));
  }
}

const late = (why: string): FileReading => ({ kind: 'late', why });

/** Never rejects. */
export async function readingOf(reading: Promise<{ readonly bytes: Uint8Array }>): Promise<FileReading> {
  try {
    return { kind: 'read', bytes: (await reading).bytes };
  } catch (error) {
    const absent = error instanceof FileRefusal && error.absent;
    return { kind: absent ? 'absent' : 'refused', why: messageOf(error) };
  }
}
