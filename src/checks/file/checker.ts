/** The number in a file of this host, as part of a backend's weight: read when its folder tells of a change, and at each probe. */
import { fileWords, stepFile } from '../../machines/tracking/file-number.js';
import type { Checker, CheckerContext, FileReading, ProbeOwner } from '../../model/probe.js';
import { FileWatch } from '../../os/files/file-watch.js';
import { createChecker } from '../probing/probe.js';
import { healthy, ourError, type ProbeResult, unhealthy } from '../probing/probe-result.js';
import type { FileCheck } from './index.js';

/** keepalived's fault, and the most that a file adds (ip_vs.h of keepalived: IPVS_WEIGHT_FAULT, IPVS_WEIGHT_LIMIT). */
const FAULT = -(2 ** 31);
const MOST_ADDED = 2 ** 31 - 1;

/** One file, with all who want to know of its changes. */
type Watched = { readonly watch: FileWatch; readonly owners: Set<ProbeOwner>; value: number };

export function createFileChecker(context: CheckerContext): Checker<FileCheck> {
  const files = new Map<string, Watched>();
  const watched = (path: string): Watched => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const owners = new Set<ProbeOwner>();
    const watch = new FileWatch(path, () => {
      for (const owner of owners) owner.news?.();
    });
    const made = { watch, owners, value: 0 };
    files.set(path, made);
    return made;
  };
  const probes = createChecker<FileCheck>(
    context,
    (probe, { check }) => {
      probe.phase = 'query';
      const file = watched(check.path);
      file.watch.begin();
      context.readFile(check.path).then(
        (reading) => probe.guard(() => probe.end(judge(file, check, reading))),
        (error: unknown) => probe.fail(error),
      );
    },
    () => {
      for (const { watch } of files.values()) watch.close();
    },
  );
  return {
    ...probes,
    prepare(spec, owner) {
      const { path } = spec.check;
      watched(path).owners.add(owner);
      const { start } = probes.prepare(spec, owner);
      return { start, release: () => leave(files, path, owner) };
    },
  };
}

function leave(files: Map<string, Watched>, path: string, owner: ProbeOwner): void {
  const file = files.get(path);
  file?.owners.delete(owner);
  if (file === undefined || file.owners.size > 0) return;
  file.watch.close();
  files.delete(path);
}

function judge(file: Watched, { path, weight }: FileCheck, reading: FileReading): ProbeResult {
  // It says nothing of the file.
  if (reading.kind === 'late') return ourError('other', `${path}: ${reading.why}`);
  const number = stepFile(file.value, reading);
  file.value = number.value;
  const words = fileWords(number);
  if (weight === 0) return number.value === 0 ? healthy(words) : unhealthy('status', words);
  const added = number.value * weight;
  if (added <= FAULT) return unhealthy('status', `${words}, times the weight ${weight}`);
  // Never -0.
  return healthy(words, { kind: 'add', weight: Math.min(added, MOST_ADDED) + 0 });
}

export { createFileChecker as create };
