/** What is said about a document, without its secrets: whoever words a message need not know which fields are secret. */
import { hideLogins, type Redaction, redactionFor, redactionOf } from '../wire/secrets/redaction.js';
import { type SecretKind, secretFields, secretsIn, secretsOfField } from '../wire/secrets/secret-fields.js';

type Step = PropertyKey;
type Said = { readonly path: readonly Step[]; readonly message: string };

export class SafeMessages {
  readonly #document: unknown;
  #all: Redaction | null = null;

  constructor(document: unknown) {
    this.#document = document;
  }

  /** The message about what is at the path: without the value of a secret field, and without any secret of the document. */
  of({ path, message }: Said): string {
    this.#all ??= redactionFor([...secretsIn(this.#document).everywhere]);
    const field = this.#fieldAt(path);
    const own = field === null ? message : redactionOf(secretsOfField(field.kind, field.value)).text(message);
    return hideLogins(this.#all.text(own));
  }

  /** The secret field that the path leads to, or into. */
  #fieldAt(path: readonly Step[]): { readonly kind: SecretKind; readonly value: unknown } | null {
    let value = this.#document;
    let isName = false;
    for (const step of path) {
      value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
      const kind = isName || typeof step !== 'string' ? undefined : secretFields.get(step);
      if (kind !== undefined) return { kind, value };
      // The keys of this map are the users' own words.
      isName = step === 'checks';
    }
    return null;
  }
}
