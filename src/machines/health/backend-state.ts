import type { DrainView } from '../../model/observing/views.js';
import type { BackendState, TargetState } from '../../model/states.js';

/** Whose drain it is: absent = an operator's, of this backend. */
export type ForMaintenance = { readonly maintenance?: true };

/** What an operator has said of a backend, or of the whole node; `drained` is where `draining` ends. */
export type Override =
  | { readonly kind: 'none' }
  /** `left`: connections; null = not counted yet. `untilMs` is on the clock of `nowMs`. */
  | ({ readonly kind: 'draining'; readonly left: number | null; readonly untilMs: number } & ForMaintenance)
  /** `cut`: connections that had not ended by themselves; null = they were never counted. */
  | ({ readonly kind: 'drained'; readonly cut: number | null; readonly why: string } & ForMaintenance)
  | { readonly kind: 'disabled'; readonly why: string };

export type BackendInput = {
  readonly enabled: boolean;
  readonly override: Override;
  readonly nowMs: number;
  /** False while a backend's DNS name has not been resolved. */
  readonly resolved: boolean;
  /** Nobody probes it now: its checks say how it was. */
  readonly suspended: boolean;
  readonly checks: readonly { readonly label: string; readonly state: TargetState; readonly message: string }[];
};

/** `drained`: it is disabled because its drain is over. */
export type BackendDecision = { readonly state: BackendState; readonly why: string; readonly drained: boolean };

/** State of a backend, from what is configured, what an operator said and what its checks say; the first rule that fits. */
export function decideBackend(input: BackendInput): BackendDecision {
  const { override } = input;
  if (override.kind === 'drained') return { state: 'disabled', why: override.why, drained: true };
  return { ...decideUndrained(input, override), drained: false };
}

type Undrained = Exclude<Override, { readonly kind: 'drained' }>;

function decideUndrained(input: BackendInput, override: Undrained): Omit<BackendDecision, 'drained'> {
  const { checks } = input;
  if (override.kind === 'disabled') return { state: 'disabled', why: override.why };
  if (!input.enabled) return { state: 'disabled', why: 'disabled in the configuration' };
  if (override.kind === 'draining') return { state: 'draining', why: drainingWords(override, input.nowMs) };
  if (!input.resolved) return { state: 'unknown', why: 'its name has not been resolved' };
  if (checks.length === 0) return { state: 'unknown', why: 'it has no checks, so it is never up' };
  const { state, why } = decideByChecks(checks);
  return { state, why: input.suspended ? `not checked while no address of its service is here; before: ${why}` : why };
}

function decideByChecks(checks: BackendInput['checks']): Omit<BackendDecision, 'drained'> {
  const failed = checks.find((check) => check.state === 'unhealthy');
  if (failed !== undefined) return { state: 'unhealthy', why: `${failed.label}: ${failed.message}` };
  const unknown = checks.find((check) => check.state === 'unknown');
  if (unknown !== undefined) return { state: 'unknown', why: `${unknown.label}: not checked yet` };
  return { state: 'healthy', why: checks.map((check) => `${check.label}: ${check.message}`).join('; ') };
}

type Draining = Extract<Override, { readonly kind: 'draining' }>;

/** Until the limit ends it. */
const secondsLeft = ({ untilMs }: Draining, nowMs: number): number => Math.max(0, Math.ceil((untilMs - nowMs) / 1000));

function drainingWords(draining: Draining, nowMs: number): string {
  const left = draining.left === null ? 'not counted yet' : `${draining.left} left`;
  const whose = draining.maintenance === true ? ' for maintenance' : '';
  return `draining${whose}: ${left}, ${secondsLeft(draining, nowMs)} s`;
}

/** It drains, or is drained, because the whole node does. */
export const isForMaintenance = (override: Override): boolean => 'maintenance' in override;

/** How far a drain is; null = an operator said something else, or nothing. */
export function drainView(override: Override, nowMs: number): DrainView | null {
  if (override.kind === 'drained') return { state: 'drained', cut: override.cut };
  if (override.kind !== 'draining') return null;
  return { state: 'draining', left: override.left, seconds_left: secondsLeft(override, nowMs) };
}

/** Backends that count for the service's watermarks. */
export const inService = (state: BackendState): boolean => state !== 'disabled' && state !== 'draining';
