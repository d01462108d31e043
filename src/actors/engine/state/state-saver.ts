import type { ActorContext } from '../../../workers/actor.js';
import type { EngineState } from './engine-state.js';
import { saveState } from './state-file.js';

/** Changes of state are written together, at most this often. */
const WRITE_DELAY_MS = 500;
/** Steady state is written this seldom: its times of last check go stale, and nothing else. */
const REFRESH_MS = 60_000;

/** Writes the state file soon after something changed, one write at a time, and never stops the engine for it. */
export class StateSaver {
  readonly #file: string | null;
  readonly #snapshot: () => EngineState;
  readonly #context: ActorContext;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;
  readonly #refresh: NodeJS.Timeout;

  /** `file` null: nothing is kept. */
  constructor(file: string | null, snapshot: () => EngineState, context: ActorContext) {
    this.#file = file;
    this.#snapshot = snapshot;
    this.#context = context;
    this.#refresh = setInterval(() => this.changed(), REFRESH_MS);
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, WRITE_DELAY_MS);
  }

  /** Writes a last time. */
  async stop(): Promise<void> {
    clearInterval(this.#refresh);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const file = this.#file;
    if (file === null) return;
    this.#writing = this.#writing.then(async () => {
      try {
        await saveState(file, this.#snapshot());
        this.#failing = false;
      } catch (error) {
        // Said once: a full or read-only disk must not fill the log too.
        if (!this.#failing) {
          this.#context.log.error(
            { file, error: String(error) },
            'the state file cannot be written: after a restart, every target starts as unknown; make node.state_dir writable',
          );
        }
        this.#failing = true;
      }
    });
  }
}
