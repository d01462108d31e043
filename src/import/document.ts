/** The document that an import writes, in the shape of the schema, so that the compiler checks its names. */
import type { ConfigDocument } from '../config/document.js';
import type { Note } from './notes.js';
import type { Trace } from './trace.js';

type Open<Type> = Type extends unknown ? { -readonly [Key in keyof Type]: Type[Key] } : never;
type Section<Key extends keyof ConfigDocument> = Open<NonNullable<ConfigDocument[Key]>>;
type Item<List> = List extends readonly (infer Type)[] ? Open<Type> : never;
type Part<Owner, Key extends keyof Owner> = NonNullable<Owner[Key]>;

export type Document = Open<ConfigDocument>;
export type Node = Section<'node'>;
export type Dataplane = Section<'dataplane'>;
export type Sync = Open<Part<Dataplane, 'sync'>>;
export type Vrrp = Section<'vrrp'>;
export type Instance = Item<Part<Vrrp, 'instances'>>;
export type SyncGroup = Item<Part<Vrrp, 'sync_groups'>>;
export type Gratuitous = Open<Part<Instance, 'gratuitous'>>;
export type HeldAddress = NonNullable<Instance['addresses']>[number];
export type Route = Item<Part<Instance, 'routes'>>;
export type Rule = Item<Part<Instance, 'rules'>>;
export type Track = Item<Part<Instance, 'track'>>;
type Named<Record> = Record extends Readonly<{ [name: string]: infer Type }> ? Open<Type> : never;
export type Script = Named<Part<Vrrp, 'scripts'>>;
export type TrackedProcess = Named<Part<Vrrp, 'processes'>>;
export type TrackedFile = Named<Part<Vrrp, 'files'>>;
export type Service = Item<NonNullable<ConfigDocument['services']>>;
export type Backend = Item<Part<Service, 'backends'>>;
export type Hook = Item<NonNullable<ConfigDocument['hooks']>>;
export type Check = Open<NonNullable<ConfigDocument['checks']>[string]>;
export type CheckOf<Type extends Check['type']> = Extract<Check, { readonly type: Type }>;

export type Imported = { readonly document: Document; readonly trace: Trace; readonly notes: readonly Note[] };
