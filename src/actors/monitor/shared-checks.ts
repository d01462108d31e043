import { redactionOfCheck } from '../../checks/probing/safe-message.js';
import type { CheckConfig } from '../../model/config.js';
import type { Redaction } from '../../wire/secrets/redaction.js';

type Shared = {
  readonly key: string;
  readonly check: CheckConfig;
  users: number;
  /** Made at the first message; null where the check holds no secret. */
  redaction: Redaction | null | undefined;
  /** Most probes say what the one before them said: only what is new is looked through. */
  lastMessage: string;
  lastSafe: string;
};

/**
 * Each target comes with a copy of its check. Targets with equal ones share one here: that is a third of a target's memory, and
 * thousands of probes a second read the same few lines of it.
 */
export class SharedChecks {
  readonly #byKey = new Map<string, Shared>();
  readonly #byCheck = new Map<CheckConfig, Shared>();

  /** An equal check, the same object for all who ask; `release` it when the target is gone. */
  take(check: CheckConfig): CheckConfig {
    const key = JSON.stringify(check, textOfBytes);
    let shared = this.#byKey.get(key);
    if (shared === undefined) {
      shared = { key, check, users: 0, redaction: undefined, lastMessage: '', lastSafe: '' };
      this.#byKey.set(key, shared);
      this.#byCheck.set(check, shared);
    }
    shared.users += 1;
    return shared.check;
  }

  /** The message of a probe without the secrets of its check, which the peer may have repeated. */
  safe(check: CheckConfig, message: string): string {
    const shared = this.#byCheck.get(check);
    if (shared === undefined) return message;
    if (shared.redaction === undefined) shared.redaction = redactionOfCheck(check);
    if (shared.redaction === null) return message;
    if (message !== shared.lastMessage) {
      shared.lastSafe = shared.redaction.text(message);
      shared.lastMessage = message;
    }
    return shared.lastSafe;
  }

  release(check: CheckConfig): void {
    const shared = this.#byCheck.get(check);
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#byKey.delete(shared.key);
    this.#byCheck.delete(check);
  }

  all(): Iterable<CheckConfig> {
    return this.#byCheck.keys();
  }

  /** Checks that differ. */
  get size(): number {
    return this.#byKey.size;
  }
}

/** A Buffer has become something else by the time that it is given as the value: its holder has it as it is. */
function textOfBytes(this: unknown, key: string, value: unknown): unknown {
  const held = (this as Record<string, unknown>)[key];
  return held instanceof Uint8Array ? Buffer.from(held).toString('latin1') : value;
}
