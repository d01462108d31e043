/**
 * What the engine remembers across restarts: the last status of each target and operators' overrides, so that a restart
 * causes no flap. A file of lines: a header with the version, one record a line, a trailer with the checksum of all before.
 */
import { createHash, type Hash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makeDirectory } from '../../net/directory.js';
import type { TargetStatus } from '../../wire/target-link.js';
import { ns } from '../../wire/units.js';

const VERSION = 1;
/** Lines written between two turns of the event loop: about 2 ms of work. */
const SLICE = 1000;

export type SavedOverride =
  | {
      readonly kind: 'backend';
      readonly service: string;
      readonly backend: string;
      readonly state: 'draining' | 'disabled';
      readonly why: string;
    }
  | { readonly kind: 'service'; readonly service: string; readonly enabled: boolean };

export type SavedState = {
  readonly statuses: readonly TargetStatus[];
  readonly overrides: readonly SavedOverride[];
};

export type LoadResult =
  | { readonly kind: 'loaded'; readonly state: SavedState }
  | { readonly kind: 'absent' }
  /** The system does not give it to us: it stays where it is. */
  | { readonly kind: 'unreadable'; readonly why: string }
  /** The file was moved to `movedTo`: nothing is lost, and nothing of it is used. */
  | { readonly kind: 'damaged'; readonly why: string; readonly movedTo: string };

const header = z.object({ fulcrum: z.literal('engine-state'), version: z.literal(VERSION) });
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
});
const override = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('backend'),
    service: z.string(),
    backend: z.string(),
    state: z.enum(['draining', 'disabled']),
    why: z.string(),
  }),
  z.object({ kind: z.literal('service'), service: z.string(), enabled: z.boolean() }),
]);
const record = z.union([z.object({ status }), z.object({ override })]);
const trailer = z.object({ sha256: z.string() });

export async function loadState(file: string): Promise<LoadResult> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'unreadable', why: messageOf(error) };
  }
  try {
    return { kind: 'loaded', state: parseState(text) };
  } catch (error) {
    return setAside(file, error);
  }
}

async function setAside(file: string, error: unknown): Promise<LoadResult> {
  const movedTo = `${file}.damaged-${Date.now()}`;
  await rename(file, movedTo).catch(() => {});
  return { kind: 'damaged', why: messageOf(error), movedTo };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Throws with what is wrong. */
export function parseState(text: string): SavedState {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, end);
  if (!text.endsWith('\n') || end === 0) throw new Error('it is cut short');
  const { sha256 } = trailer.parse(JSON.parse(text.slice(end)));
  if (createHash('sha256').update(body).digest('hex') !== sha256) throw new Error('its checksum does not fit');
  const lines = body.trimEnd().split('\n');
  header.parse(JSON.parse(lines[0] ?? ''));
  const statuses: TargetStatus[] = [];
  const overrides: SavedOverride[] = [];
  for (const line of lines.slice(1)) {
    const parsed = record.parse(JSON.parse(line));
    if ('status' in parsed) statuses.push(parsed.status as TargetStatus);
    else overrides.push(parsed.override);
  }
  return { statuses, overrides };
}

/** Writes beside the file and renames: a crash leaves the old one or the new one. Yields to the event loop between slices. */
export async function saveState(file: string, state: SavedState): Promise<void> {
  await makeDirectory(dirname(file));
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    const hash = createHash('sha256');
    const write = (lines: string[]) => handle.write(hashed(hash, `${lines.join('\n')}\n`));
    await write([JSON.stringify({ fulcrum: 'engine-state', version: VERSION })]);
    const overrides = state.overrides.map((item) => JSON.stringify({ override: item }));
    if (overrides.length > 0) await write(overrides);
    for (let start = 0; start < state.statuses.length; start += SLICE) {
      await write(state.statuses.slice(start, start + SLICE).map((item) => JSON.stringify({ status: item })));
    }
    await handle.write(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

function hashed(hash: Hash, text: string): string {
  hash.update(text);
  return text;
}
