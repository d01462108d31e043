/** What would keep this host, or a configuration on it, from working. */
import type { Config } from '../model/config.js';
import type { Facts } from './facts.js';
import { type Finding, severities } from './finding.js';
import { probes } from './probes.js';

export type Diagnosis = Finding & { readonly probe: string };

/** The worst first. Pure. */
export function diagnose(facts: Facts, config: Config | null): readonly Diagnosis[] {
  const found = Object.entries(probes).flatMap(([probe, look]) =>
    look(facts, config).map((finding) => ({ ...finding, probe })),
  );
  const rank = ({ severity }: Finding): number => severities.indexOf(severity);
  return found.toSorted((a, b) => rank(a) - rank(b));
}
