import type { CheckConfig } from '../config/model.js';
import { type Redaction, redactionOf } from '../wire/redaction.js';
import { secretsIn } from '../wire/secret-fields.js';
import type { Outcome } from './checker.js';

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
