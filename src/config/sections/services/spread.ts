/** What the checks come to once each backend has its own: what a table of targets holds, and what links carry. */

import type { Report, Steps } from '../../../schema/report.js';
import { MAX_CHECKS, MAX_EXPANDED_BYTES } from '../../limits.js';
import type { CheckDraft } from '../checks/rules.js';

export class Spread {
  readonly #report: Report;
  readonly #sizes = new Map<CheckDraft, number>();
  #checks = 0;
  #bytes = 0;
  #told = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The checks of one backend. */
  add(checks: readonly { readonly check: CheckDraft }[], path: Steps): void {
    if (this.#told) return;
    this.#checks += checks.length;
    for (const { check } of checks) this.#bytes += this.#sizeOf(check);
    const passed =
      this.#checks > MAX_CHECKS
        ? `${MAX_CHECKS} checks`
        : this.#bytes > MAX_EXPANDED_BYTES
          ? `${MAX_EXPANDED_BYTES / 1024 / 1024} MiB of text in their checks`
          : null;
    if (passed === null) return;
    this.#told = true;
    const remedy = 'give them fewer or shorter checks, or split the services between nodes';
    this.#report.error(path, `with this backend all backends together have more than ${passed}: ${remedy}`);
  }

  #sizeOf(check: CheckDraft): number {
    const known = this.#sizes.get(check);
    if (known !== undefined) return known;
    const size = textOf(check);
    this.#sizes.set(check, size);
    return size;
  }
}

const textOf = (value: unknown): number => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'object' || typeof inner === 'string') sum += textOf(inner);
    // Option names are the same everywhere; those of headers are not.
    if (typeof inner === 'string' && !Array.isArray(value)) sum += key.length;
  }
  return sum;
};
