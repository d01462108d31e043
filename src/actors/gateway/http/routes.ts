/** What a route of the API is: enough to serve it, to guard it, and to document it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Store } from '../../../machines/telemetry/store.js';
import type { LoadOptions } from '../../../model/load-options.js';
import type { ControlApi } from '../control-api.js';
import type { DaemonHealth } from '../daemon-health.js';
import type { EventHub } from '../event-hub.js';
import type { ListenerKind } from '../listeners/guard.js';
import type { Turns } from '../turns.js';

export type Format = 'yaml' | 'json' | 'toml';

/** A document as it came. */
export type Body = { readonly bytes: Uint8Array<ArrayBuffer>; readonly format: Format };

/** The configuration module, as far as the gateway needs it. */
export type Documents = {
  /** The configuration packed (`config-bytes.ts`). Rejects with ConfigError, with every error in it. */
  readonly pack: (document: Body, options: LoadOptions, signal: AbortSignal) => Promise<Uint8Array>;
};

/** Everything that routes read and ask. */
export type Services = {
  readonly api: ControlApi;
  readonly store: Store;
  readonly hub: EventHub;
  readonly documents: Documents;
  readonly turns: Turns;
  readonly metrics: () => Promise<string>;
  readonly health: () => DaemonHealth;
  readonly changesOverTcp: () => boolean;
  readonly identity: Identity;
};
export type Identity = {
  readonly node: () => string;
  readonly version: string;
  readonly pid: number;
  /** Of the process. */
  readonly uptimeMs: () => number;
};

export type RouteInput = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Null when the request has none. */
  readonly body: Body | null;
  readonly request: IncomingMessage;
  readonly door: ListenerKind;
  /** Aborted when the client goes before it has its answer. */
  readonly gone: AbortSignal;
  /** May read what names addresses and accounts: local, or with the token. */
  readonly trusted: boolean;
};

export type RouteAnswer =
  | { readonly kind: 'json'; readonly value: unknown; readonly status?: number }
  | {
      readonly kind: 'bytes';
      readonly bytes: string | Buffer;
      readonly status?: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** JSON text that may be long: its pieces are made when their turn comes. */
  | { readonly kind: 'list'; readonly pieces: Iterable<string> }
  /** JSON text that is made while it is sent. What fails before the first part is an answer, what fails later breaks it off. */
  | { readonly kind: 'parts'; readonly parts: AsyncGenerator<string> }
  /** The route writes the response itself. */
  | { readonly kind: 'stream'; readonly start: (response: ServerResponse) => void };

export type QueryParameter = { readonly description: string; readonly schema: z.ZodType<string> };

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With `{name}` for parameters, as OpenAPI writes it. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** Changes something: needs the token over TCP. */
  readonly change: boolean;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** Takes a configuration document. */
  readonly takesDocument?: 'required' | 'optional';
  /** The name and the schema of the JSON that it takes. */
  readonly takes?: { readonly name: string; readonly of: z.ZodType };
  readonly answer: {
    readonly contentType: string;
    /** The name of the schema and the schema itself; null where it is no JSON. */
    readonly schema: { readonly name: string; readonly of: z.ZodType; readonly list?: boolean } | null;
    /** The statuses of a good answer. @default [200] */
    readonly statuses?: readonly number[];
  };
  /** Beyond those that every route may answer with. */
  readonly problems: readonly number[];
  run(services: Services, input: RouteInput): Promise<RouteAnswer> | RouteAnswer;
};

export const json = (value: unknown): RouteAnswer => ({ kind: 'json', value });
export const parts = (text: AsyncGenerator<string>): RouteAnswer => ({ kind: 'parts', parts: text });
export const list = (pieces: Iterable<string>): RouteAnswer => ({ kind: 'list', pieces });
export const jsonAnswer = (name: string, of: z.ZodType): Route['answer'] => ({
  contentType: 'application/json',
  schema: { name, of },
});
export const listAnswer = (name: string, of: z.ZodType): Route['answer'] => ({
  contentType: 'application/json',
  schema: { name, of, list: true },
});

export const serviceQuery = {
  service: { description: 'Only in this service; else in every one that has the backend', schema: z.string().min(1) },
};
