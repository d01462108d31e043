/** Reads the text of the engine's state file. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ns } from '../../../model/units.js';
import { MAX_IPVS_WEIGHT } from '../../../wire/ipvs/types.js';
import type { TargetStatus } from '../../../wire/links/targets.js';
import { type EngineState, type SavedOverride, STATE_VERSION } from './engine-state.js';

const header = z.object({ fulcrum: z.literal('engine-state'), version: z.literal(STATE_VERSION) });
const status = z.object({
  key: z.string(),
  state: z.enum(['unknown', 'healthy', 'unhealthy']),
  failures: z.number(),
  successes: z.number(),
  probes: z.number(),
  passed: z.number(),
  lastCheckMs: z.number(),
  durationNs: z.number().transform(ns),
  cause: z.string().nullable(),
  message: z.string(),
  weight: z.object({ kind: z.enum(['set', 'add']), weight: z.int() }).exactOptional(),
});
const override = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('backend'),
    service: z.string(),
    backend: z.string(),
    state: z.enum(['draining', 'disabled']),
    why: z.string(),
    drained: z.object({ cut: z.number().nullable() }).exactOptional(),
  }),
  z.object({
    kind: z.literal('weight'),
    service: z.string(),
    backend: z.string(),
    weight: z.int().min(0).max(MAX_IPVS_WEIGHT),
    configured: z.number(),
  }),
  z.object({ kind: z.literal('service'), service: z.string(), enabled: z.boolean() }),
]);
const name = z.object({ host: z.string(), address: z.union([z.ipv4(), z.ipv6()]) });
const record = z.union([
  z.object({ status }),
  z.object({ override }),
  z.object({ healthy: z.string() }),
  z.object({ name }),
]);
const trailer = z.object({ sha256: z.string() });

/** Throws with what is wrong. */
export function parseState(text: string): EngineState {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, end);
  if (!text.endsWith('\n') || end === 0) throw new Error('it is cut short');
  const { sha256 } = trailer.parse(JSON.parse(text.slice(end)));
  if (createHash('sha256').update(body).digest('hex') !== sha256) throw new Error('its checksum does not fit');
  const lines = body.trimEnd().split('\n');
  header.parse(JSON.parse(lines[0] ?? ''));
  const statuses: TargetStatus[] = [];
  const overrides: SavedOverride[] = [];
  const healthy: string[] = [];
  const names = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const parsed = record.parse(JSON.parse(line));
    if ('status' in parsed) statuses.push(parsed.status as TargetStatus);
    else if ('override' in parsed) overrides.push(parsed.override);
    else if ('healthy' in parsed) healthy.push(parsed.healthy);
    else names.set(parsed.name.host, parsed.name.address);
  }
  return { statuses, overrides, healthy, names };
}
