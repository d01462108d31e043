/** What of the engine survives a restart. */
import type { TargetStatus } from '../../../wire/links/targets.js';
import type { WeightOverride } from '../service/service.js';

export const STATE_VERSION = 1;

export type SavedOverride =
  | {
      readonly kind: 'backend';
      readonly service: string;
      readonly backend: string;
      readonly state: 'draining' | 'disabled';
      readonly why: string;
      /** It is disabled because its drain is over. */
      readonly drained?: { readonly cut: number | null };
    }
  | ({ readonly kind: 'weight'; readonly service: string; readonly backend: string } & WeightOverride)
  | { readonly kind: 'service'; readonly service: string; readonly enabled: boolean };

export type EngineState = {
  readonly statuses: readonly TargetStatus[];
  readonly overrides: readonly SavedOverride[];
  /** Names of the services that were healthy: between their watermarks the backends alone do not say. */
  readonly healthy: readonly string[];
  /** The addresses of backends' names: a restart while the resolver is out must not empty a table. */
  readonly names: ReadonlyMap<string, string>;
};
