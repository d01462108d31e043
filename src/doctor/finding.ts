/** What a probe finds, and how a probe looks. */
import type { Config } from '../model/config.js';
import type { Facts } from './facts.js';

export const severities = ['error', 'warning', 'info'] as const;
/** `error`: something does not work. `warning`: something may not, or does so late. `info`: worth knowing. */
export type Severity = (typeof severities)[number];

export type Finding = {
  readonly severity: Severity;
  /** What is not as it should be. */
  readonly what: string;
  /** What comes of it. */
  readonly why: string;
  /** A line of shell that mends it. */
  readonly command: string;
  /** Where to run it; absent = on this host. */
  readonly where?: string;
};

/** Pure. Without a configuration it speaks of whatever Fulcrum may be asked to do. */
export type Probe = (facts: Facts, config: Config | null) => readonly Finding[];

/** Without a configuration nobody knows whether it is needed. */
export const unlessSure = (config: Config | null, severity: Severity, otherwise: Severity = 'info'): Severity =>
  config === null ? otherwise : severity;
