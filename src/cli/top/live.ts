/** Looks again and again, and shows what is there: in a terminal on a screen of its own, until somebody quits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../model/errors.js';
import type { Key } from './screen.js';

export type View = {
  readonly columns: number;
  readonly rows: number;
  /** First line that is shown. */
  readonly scroll: number;
  readonly onlyProblems: boolean;
};
/** `scroll` as far as it can go. */
export type Picture = { readonly lines: readonly string[]; readonly scroll: number };

export type Live<T> = {
  readonly read: () => Promise<T>;
  /** `trouble`: why the last look failed; null = it did not. */
  readonly render: (model: T, trouble: string | null, view: View) => Picture;
  readonly periodMs: number;
};

/** Resolves with what was seen last. Rejects where the first look fails: then that is an ordinary message. */
export async function runLive<T>({ read, render, periodMs }: Live<T>): Promise<T> {
  const { Screen } = await import('./screen.js');
  let model = await read();
  let trouble: string | null = null;
  let scroll = 0;
  let onlyProblems = false;
  const stop = stopSignal();
  const draw = () => {
    const { columns, rows } = screen;
    const picture = render(model, trouble, { columns, rows, scroll, onlyProblems });
    scroll = picture.scroll;
    screen.draw(picture.lines);
  };
  const onKey = (key: Key) => {
    if (key === 'quit') return stop.abort();
    if (key === 'problems') onlyProblems = !onlyProblems;
    else scroll = moved(scroll, key, Math.max(screen.rows - 10, 1));
    draw();
  };
  const screen = new Screen(process.stdin, process.stdout, onKey, draw);
  try {
    while (!stop.signal.aborted) {
      draw();
      await pause(periodMs, stop.signal);
      if (stop.signal.aborted) break;
      try {
        model = await read();
        trouble = null;
      } catch (error) {
        trouble = messageOf(error);
      }
    }
  } finally {
    screen.close();
  }
  return model;
}

/** Without a terminal: each look whose text is another one. Rejects when a look fails. */
export async function runPlain(
  read: () => Promise<string>,
  print: (text: string) => void,
  periodMs: number,
): Promise<void> {
  const stop = stopSignal();
  let last: string | null = null;
  while (!stop.signal.aborted) {
    const text = await read();
    if (text !== last) print(text);
    last = text;
    await pause(periodMs, stop.signal);
  }
}

/** What does not fit is scrolled to; the first line says what is the matter. */
export function scrolled(lines: readonly string[], trouble: string | null, { rows, scroll }: View): Picture {
  const head = trouble === null ? [] : [trouble];
  const room = Math.max(rows - head.length, 1);
  const from = Math.max(0, Math.min(scroll, lines.length - room));
  return { lines: [...head, ...lines.slice(from, from + room)].slice(0, rows), scroll: from };
}

function moved(scroll: number, key: Exclude<Key, 'quit' | 'problems'>, page: number): number {
  switch (key) {
    case 'home':
      return 0;
    case 'up':
      return scroll - 1;
    case 'down':
      return scroll + 1;
    case 'page-up':
      return scroll - page;
    case 'page-down':
      return scroll + page;
    default:
      return key satisfies never;
  }
}

function stopSignal(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  return stop;
}

/** Ends early where somebody quits. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
