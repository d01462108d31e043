/** A progress bar on stderr: redrawn in place on a terminal, a line each tenth elsewhere (logs, CI). */

export interface Progress {
  /** Moves on by `by` steps; `note` is shown behind the bar. */
  tick(by?: number, note?: string): void;
  done(note?: string): void;
}

export type ProgressStream = { readonly isTTY?: boolean; write(text: string): unknown };

const BAR_WIDTH = 30;
const REDRAW_MS = 100;

export function progress(label: string, total: number, stream: ProgressStream = process.stderr): Progress {
  const startedMs = performance.now();
  const terminal = stream.isTTY === true;
  let at = 0;
  let shownMs = Number.NEGATIVE_INFINITY;
  let shownTenth = 0;
  let finished = false;

  const show = (note: string): void => {
    const part = total > 0 ? Math.min(1, at / total) : 1;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    const tail = `${String(Math.round(part * 100)).padStart(3)}% ${seconds}s${note === '' ? '' : ` ${note}`}`;
    if (!terminal) {
      stream.write(`${label}: ${tail}\n`);
      return;
    }
    const full = Math.round(part * BAR_WIDTH);
    stream.write(`\r\x1b[K${label} [${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${tail}`);
  };

  return {
    tick(by = 1, note = '') {
      if (finished) return;
      at += by;
      const nowMs = performance.now();
      const tenth = total > 0 ? Math.floor((at / total) * 10) : 0;
      if (terminal ? nowMs - shownMs < REDRAW_MS : tenth <= shownTenth) return;
      shownMs = nowMs;
      shownTenth = tenth;
      show(note);
    },
    done(note = '') {
      if (finished) return;
      finished = true;
      at = total;
      show(note);
      if (terminal) stream.write('\n');
    },
  };
}
