/** What a checker says of itself: each checker's folder exports one, and `src/checks/index.ts` has a line for it. */
import type { z } from 'zod';
import type { CheckCommon } from '../../model/config.js';
import type { Kit } from '../../schema/kit.js';
import type { ModelOf } from '../../schema/mapping.js';
import type { Report, Steps } from '../../schema/report.js';
import type { Draft } from '../../schema/walk.js';

export type CheckerDescriptor = {
  /** Beside those that every check has. */
  readonly options: Options;
  /** What holds between them. */
  readonly rules?: (check: never, path: Steps, report: Report) => void;
  readonly target: TargetSpelling;
  /** It runs programs or reads files of this host: no client of a socket may ask for it. */
  readonly onlyFromFile?: true;
};

type Options = (kit: Kit) => z.core.$ZodLooseShape;
type Document<Own extends Options> = z.output<z.ZodObject<ReturnType<Own>>>;

/** The check of a type in the model, by its options. */
export type CheckOf<Type extends string, Own extends Options> = CheckCommon & { readonly type: Type } & ModelOf<
    Document<Own>
  >;
/** What is right of a check's options, for rules. */
export type OptionsDraft<Own extends Options> = Draft<Document<Own>>;

/** How `fulcrum check` reads a target of this type. */
export type TargetSpelling = {
  /** Where the target has none; 0: the type has no ports; null: one must be given. */
  readonly defaultPort: number | null;
  /** The same over TLS, where it is another. */
  readonly defaultTlsPort?: number;
  /** URL schemes, and whether they mean TLS. */
  readonly schemes: Readonly<Record<string, boolean>>;
  /** The port that an option of the check's own names; null: it names none. */
  readonly portOf?: (check: never) => number | null;
  /** `whole`: the URL is the check's own option, path and all. Else: the options that it gives beside the address. */
  readonly url: 'whole' | ((url: TargetUrl) => Readonly<Record<string, unknown>>);
};

/** A target that is written as a URL; `url` has the scheme `http`, so that it is parsed in full. */
export type TargetUrl = { readonly url: URL; readonly tls: boolean };

/** A URL that gives nothing but the address. */
export const addressOnly = (): Readonly<Record<string, unknown>> => ({});

/** The options of a check whose URL is one of them. */
export const urlOptions = ({ url, bool }: Kit, schemes: TargetSpelling['schemes']) => ({
  url: url(Object.keys(schemes))
    .nullable()
    .default(null)
    .describe("Where to connect, with credentials; default: the backend's address"),
  keep_alive: bool().default(false).describe('Keeps the connection between probes'),
});
