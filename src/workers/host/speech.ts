/** What an actor's thread says to the world: its log, its events and what it dies of, without the configuration's secrets. */
import type { Config, LogLevel } from '../../model/config.js';
import type { EventBody } from '../../model/observing/events.js';
import type { Log } from '../../model/observing/log.js';
import { type WireError, wireError } from '../../wire/links/control.js';
import type { LogRecord } from '../../wire/links/log.js';
import { type Redaction, redactionFor } from '../../wire/secrets/redaction.js';
import { secretsIn } from '../../wire/secrets/secret-fields.js';

const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

type SpeechConfig = Pick<Config, 'log' | 'secrets'>;

export class Speech {
  readonly #actor: string;
  #config: SpeechConfig;
  #held: () => unknown = () => null;

  constructor(actor: string, config: SpeechConfig) {
    this.#actor = actor;
    this.#config = config;
  }

  configure(config: SpeechConfig): void {
    this.#config = config;
  }

  /** See `ActorContext`. */
  holds(what: () => unknown): void {
    this.#held = what;
  }

  log(send: (record: LogRecord) => void): Log {
    const write = (level: LogRecord['level']) => (fields: object, message: string) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(this.#config.log.level)) return;
      const safe = { fields: this.#redaction.value(fields) as object, message: this.#redaction.text(message) };
      send({ kind: 'log', level, atMs: Date.now(), actor: this.#actor, ...safe });
    };
    return {
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
  }

  event(body: EventBody): EventBody {
    // One service may tell thousands at once.
    return this.#config.secrets.length === 0 ? body : (this.#redaction.value(body) as EventBody);
  }

  /** The last that it says: what came to it over the doors is known to nobody else who tells why it ended. */
  error(error: unknown): WireError {
    const { name, message, stack, code, missing } = wireError(error);
    const held = redactionFor([...secretsIn(this.#held()).everywhere]);
    const safe = (text: string): string => held.text(this.#redaction.text(text));
    return { name, code, missing, message: safe(message), stack: safe(stack) };
  }

  get #redaction(): Redaction {
    return redactionFor(this.#config.secrets);
  }
}
