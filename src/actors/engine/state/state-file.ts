/**
 * What the engine remembers across restarts: the last status of each target and operators' overrides, so that a restart
 * causes no flap. A file of lines: a header with the version, one record a line, a trailer with the checksum of all before.
 */

import { createHash, type Hash } from 'node:crypto';
import { replaceFile } from '../../../os/files/replace-file.js';
import { loadSaved, type SavedFile } from '../../../os/files/saved-file.js';
import type { EngineState } from './engine-state.js';
import { STATE_VERSION } from './engine-state.js';

/** Some 300 bytes a target, so that it would be ours for 800,000 of them. */
const MAX_STATE_BYTES = 256 * 1024 * 1024;
/** Lines written between two turns of the event loop: about 2 ms of work. */
const SLICE = 1000;

export const loadState = (file: string): Promise<SavedFile<EngineState>> =>
  // Loaded where there is a file: it takes 10 MB of a thread.
  loadSaved(file, MAX_STATE_BYTES, async (text) => (await import('./state-text.js')).parseState(text));

/** Writes beside the file and renames: a crash leaves the old one or the new one. Yields to the event loop between slices. */
export async function saveState(file: string, state: EngineState): Promise<void> {
  await replaceFile(file, async (handle) => {
    const hash = createHash('sha256');
    const write = (lines: string[]) => handle.write(hashed(hash, `${lines.join('\n')}\n`));
    await write([JSON.stringify({ fulcrum: 'engine-state', version: STATE_VERSION })]);
    const overrides = state.overrides.map((item) => JSON.stringify({ override: item }));
    if (overrides.length > 0) await write(overrides);
    const healthy = state.healthy.map((item) => JSON.stringify({ healthy: item }));
    if (healthy.length > 0) await write(healthy);
    const names = Array.from(state.names, ([host, address]) => JSON.stringify({ name: { host, address } }));
    if (names.length > 0) await write(names);
    for (let start = 0; start < state.statuses.length; start += SLICE) {
      await write(state.statuses.slice(start, start + SLICE).map((item) => JSON.stringify({ status: item })));
    }
    await handle.write(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`);
  });
}

function hashed(hash: Hash, text: string): string {
  hash.update(text);
  return text;
}
