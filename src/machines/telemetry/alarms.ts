/** Things that a person should know: each is told at once, and then rarely, however often it happens. Pure. */
export class Alarms<Alarm extends string> {
  readonly #spacingNs: number;
  readonly #tell: (alarm: Alarm, why: string, times: number) => void;
  readonly #told = new Map<string, { quietUntilNs: number; times: number }>();

  /** `spacingNs`: the least time between two reports of one alarm; `times`: how often it was raised since the one before. */
  constructor(spacingNs: number, tell: (alarm: Alarm, why: string, times: number) => void) {
    this.#spacingNs = spacingNs;
    this.#tell = tell;
  }

  /** Whether it would be told now: ask before making the text, where that may happen thousands of times a second. */
  isQuiet(alarm: Alarm, nowNs: number, about = ''): boolean {
    return nowNs < (this.#told.get(keyOf(alarm, about))?.quietUntilNs ?? Number.NEGATIVE_INFINITY);
  }

  /** What is raised about different things is told of each. */
  raise(alarm: Alarm, why: string, nowNs: number, about = ''): void {
    const key = keyOf(alarm, about);
    const told = this.#told.get(key) ?? { quietUntilNs: Number.NEGATIVE_INFINITY, times: 0 };
    this.#told.set(key, told);
    told.times += 1;
    if (nowNs < told.quietUntilNs) return;
    const { times } = told;
    told.quietUntilNs = nowNs + this.#spacingNs;
    told.times = 0;
    this.#tell(alarm, why, times);
  }
}

const keyOf = (alarm: string, about: string): string => (about === '' ? alarm : `${alarm} ${about}`);
