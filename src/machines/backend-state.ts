import type { TargetState } from '../wire/target-link.js';
import type { BackendState } from '../wire/views.js';

/** What an operator has said of a backend; `drained` is where `draining` ends. */
export type Override =
  | { readonly kind: 'none' }
  | { readonly kind: 'draining' }
  | { readonly kind: 'disabled'; readonly why: string };

export type BackendInput = {
  readonly enabled: boolean;
  readonly override: Override;
  /** False while a backend's DNS name has not been resolved. */
  readonly resolved: boolean;
  readonly checks: readonly { readonly label: string; readonly state: TargetState; readonly message: string }[];
};

export type BackendDecision = { readonly state: BackendState; readonly why: string };

/** State of a backend, from what is configured, what an operator said and what its checks say; the first rule that fits. */
export function decideBackend(input: BackendInput): BackendDecision {
  const { override, checks } = input;
  if (override.kind === 'disabled') return { state: 'disabled', why: override.why };
  if (!input.enabled) return { state: 'disabled', why: 'disabled in the configuration' };
  if (override.kind === 'draining') return { state: 'draining', why: 'draining: it takes no new connections' };
  if (!input.resolved) return { state: 'unknown', why: 'its name has not been resolved' };
  if (checks.length === 0) return { state: 'unknown', why: 'it has no checks, so it is never up' };
  const failed = checks.find((check) => check.state === 'unhealthy');
  if (failed !== undefined) return { state: 'unhealthy', why: `${failed.label}: ${failed.message}` };
  const unknown = checks.find((check) => check.state === 'unknown');
  if (unknown !== undefined) return { state: 'unknown', why: `${unknown.label}: not checked yet` };
  return { state: 'healthy', why: checks.map((check) => `${check.label}: ${check.message}`).join('; ') };
}

/** Backends that count for the service's watermarks. */
export const inService = (state: BackendState): boolean => state !== 'disabled' && state !== 'draining';
