import type { HookConfig } from '../../config/sections/hooks.js';
import { redactionOf } from '../../wire/secrets/redaction.js';
import { secretsIn } from '../../wire/secrets/secret-fields.js';
import { Fifos } from './fifos.js';
import type { Message, Outcome } from './message.js';
import { tellCommand } from './tell-command.js';
import { tellUrl } from './tell-url.js';

/** Tells a hook in its way. */
export class Teller {
  readonly #fifos = new Fifos();

  /** Why it was not told may have words of the server in it, which says again what it was sent. */
  async tell(message: Message): Promise<Outcome> {
    const outcome = await this.#tell(message);
    return 'why' in outcome ? { ...outcome, why: redactionOf(secretsIn(message.hook)).text(outcome.why) } : outcome;
  }

  async #tell(message: Message): Promise<Outcome> {
    const { command, url, fifo, mail } = message.hook;
    if (command !== null) return tellCommand(message, command);
    if (url !== null) return tellUrl(message, url);
    if (fifo !== null) return this.#fifos.tell(message, fifo);
    if (mail === null) return { result: 'failed', why: 'it has no command, url, fifo or mail' };
    // Few have one, and the library takes its time to load.
    return (await import('./tell-mail.js')).tellMail(message, mail);
  }

  /** What hooks that are gone had open is closed. */
  configure(hooks: readonly HookConfig[]): Promise<void> {
    return this.#fifos.closeAllBut(hooks.map(({ fifo }) => fifo));
  }
}
