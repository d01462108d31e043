/** What can be asked of the supervisor. */
import type { VrrpInstanceConfig } from '../../model/config.js';
import type { ConfigPlace } from '../../model/config-page.js';
import type { LoadOptions } from '../../model/load-options.js';
import type { ActorView } from '../../model/observing/views.js';
import type { FileReading } from '../../model/probe.js';
import { callsOf } from '../../wire/links/calls.js';
import type { Fault } from '../../wire/links/control.js';
import type { StartStep } from '../../workers/supervision/start-steps.js';
import { SUPERVISOR } from './ends.js';

export type SupervisorCalls = {
  actors: { readonly ask: Record<string, never>; readonly answer: readonly ActorView[] };
  'start-steps': { readonly ask: Record<string, never>; readonly answer: readonly StartStep[] };
  /** A whole, validated configuration, packed (`config-bytes.ts`). Answers with what changed, in words. */
  apply: { readonly ask: { readonly config: Uint8Array }; readonly answer: readonly string[] };
  plan: { readonly ask: { readonly config: Uint8Array }; readonly answer: readonly string[] };
  /** The same for the file that the daemon was started with, as it is now. */
  'plan-file': { readonly ask: Record<string, never>; readonly answer: readonly string[] };
  /** Reads the file again that the daemon was started with, or `path`. */
  reload: { readonly ask: { readonly path: string | null }; readonly answer: readonly string[] };
  vrrp: { readonly ask: Record<string, never>; readonly answer: readonly VrrpInstanceConfig[] };
  /** The same configuration with these VRRP instances. */
  'apply-vrrp': {
    readonly ask: { readonly instances: readonly VrrpInstanceConfig[] };
    readonly answer: readonly string[];
  };
  /** The effective configuration as JSON text without secrets, a page after the other; refused when it changed since the page before. */
  'config-page': {
    readonly ask: { readonly place: PlaceInConfig | null };
    readonly answer: { readonly text: string; readonly next: PlaceInConfig | null };
  };
  /** How documents that come by another way than the file are to be read: what the runtime was started with. */
  'load-options': { readonly ask: Record<string, never>; readonly answer: LoadOptions };
  /** Does to an actor what a bug would: refused unless the runtime was started with drills allowed. */
  drill: { readonly ask: { readonly actor: string; readonly fault: Fault }; readonly answer: null };
};

/** Of one configuration: the next one begins anew. */
export type PlaceInConfig = ConfigPlace & { readonly revision: number };

export const supervisorCalls = callsOf<SupervisorCalls>(SUPERVISOR);

export type FileCalls = {
  /** A PEM file that the configuration names, or one with a number. */
  read: { readonly ask: { readonly path: string }; readonly answer: FileReading };
};
/** What the monitors ask. */
export const fileCalls = callsOf<FileCalls>(SUPERVISOR, 'file');
