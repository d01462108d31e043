/** Resolves with the first SIGTERM or SIGINT; a second one does not wait for an orderly end. */
export function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** SIGHUP from the moment this is made; one that comes before somebody listens is kept for him. */
export class Hangups {
  #listener: (() => void) | null = null;
  #waiting = false;

  constructor(source: NodeJS.EventEmitter = process) {
    source.on('SIGHUP', () => {
      if (this.#listener === null) this.#waiting = true;
      else this.#listener();
    });
  }

  listen(listener: () => void): void {
    this.#listener = listener;
    if (this.#waiting) listener();
    this.#waiting = false;
  }
}
