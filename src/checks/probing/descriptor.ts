/** What a checker says of itself: each checker's folder exports one, and `src/checks/index.ts` has a line for it. */
import type { CheckConfig } from '../../model/config.js';
import type { Checker, CheckerContext } from '../../model/probe.js';

export type CheckerDescriptor<C extends CheckConfig = CheckConfig> = {
  readonly target: TargetSpelling;
  /** One for all targets of a thread. */
  readonly create: (context: CheckerContext) => Checker<C>;
};

/** How `fulcrum check` reads a target of this type. */
export type TargetSpelling = {
  /** Where the target has none; 0: the type has no ports; null: one must be given. */
  readonly defaultPort: number | null;
  /** The same over TLS, where it is another. */
  readonly defaultTlsPort?: number;
  /** URL schemes, and whether they mean TLS. */
  readonly schemes: Readonly<Record<string, boolean>>;
  /** `whole`: the URL is the check's own option, path and all. Else: the options that it gives beside the address. */
  readonly url: 'whole' | ((url: TargetUrl) => Readonly<Record<string, unknown>>);
};

/** A target that is written as a URL; `url` has the scheme `http`, so that it is parsed in full. */
export type TargetUrl = { readonly url: URL; readonly tls: boolean };

/** A URL that gives nothing but the address. */
export const addressOnly = (): Readonly<Record<string, unknown>> => ({});
