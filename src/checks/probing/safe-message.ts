import type { CheckConfig } from '../../model/config.js';
import type { Outcome } from '../../model/probe.js';
import { type Redaction, redactionOf } from '../../wire/secrets/redaction.js';
import { secretsIn } from '../../wire/secrets/secret-fields.js';

/** Null where the check holds no secret. */
export function redactionOfCheck(check: CheckConfig): Redaction | null {
  const secrets = secretsIn(check);
  return secrets.everywhere.size + secrets.nearby.size === 0 ? null : redactionOf(secrets);
}

/** An outcome as it may be shown. */
export function safeOutcome(check: CheckConfig, outcome: Outcome): Outcome {
  const redaction = redactionOfCheck(check);
  return redaction === null ? outcome : { ...outcome, message: redaction.text(outcome.message) };
}
