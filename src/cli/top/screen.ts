/** A terminal that shows one picture after the other, and is left as it was found. */
import type { ReadStream, WriteStream } from 'node:tty';

export type Key = 'quit' | 'up' | 'down' | 'page-up' | 'page-down' | 'home' | 'problems';

const keys: Readonly<Record<string, Key>> = {
  q: 'quit',
  '\x03': 'quit',
  '\x1b': 'quit',
  '\x1b[A': 'up',
  k: 'up',
  '\x1b[B': 'down',
  j: 'down',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
  ' ': 'page-down',
  '\x1b[H': 'home',
  p: 'problems',
};

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  #open = true;

  constructor(input: ReadStream, output: WriteStream, onKey: (key: Key) => void, onResize: () => void) {
    this.#input = input;
    this.#output = output;
    this.#onKey = onKey;
    this.#onResize = onResize;
    output.write(ENTER);
    output.on('resize', onResize);
    if (input.isTTY) input.setRawMode(true);
    input.on('data', this.#read);
    input.resume();
  }

  get columns(): number {
    return this.#output.columns;
  }

  get rows(): number {
    return this.#output.rows;
  }

  /** Overwrites line by line, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#open)
      this.#output.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#input.off('data', this.#read);
    this.#output.off('resize', this.#onResize);
    if (this.#input.isTTY) this.#input.setRawMode(false);
    this.#input.pause();
    this.#output.write(LEAVE);
  }

  readonly #read = (data: Buffer): void => {
    const key = keys[data.toString('latin1')];
    if (key !== undefined) this.#onKey(key);
  };
}
