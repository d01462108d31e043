/** IPVS schedulers' own flags, which share three bits, and the modules that hold schedulers. */
import { ipvsServiceFlag } from '../../../wire/ipvs/types.js';

const { scheduler1, scheduler2, scheduler3 } = ipvsServiceFlag;
/** For a scheduler that gives its bits no names, as ipvsadm has them. */
const plain: ReadonlyMap<string, number> = new Map([
  ['flag-1', scheduler1],
  ['flag-2', scheduler2],
  ['flag-3', scheduler3],
]);
const named: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  sh: new Map([
    ['sh-fallback', scheduler1],
    ['sh-port', scheduler2],
  ]),
  mh: new Map([
    ['mh-fallback', scheduler1],
    ['mh-port', scheduler2],
  ]),
};

const lookUp = (scheduler: string, flag: string): number | null =>
  named[scheduler]?.get(flag) ?? plain.get(flag) ?? null;

/** Flags that this scheduler has not. */
export const unknownFlags = (scheduler: string, flags: readonly string[]): readonly string[] =>
  flags.filter((flag) => lookUp(scheduler, flag) === null);

/** Names that a scheduler's flags may have. */
export const knownFlags = (scheduler: string): readonly string[] => [
  ...(named[scheduler]?.keys() ?? []),
  ...plain.keys(),
];

export const flagBits = (scheduler: string, flags: readonly string[]): number =>
  flags.reduce((bits, flag) => bits | (lookUp(scheduler, flag) ?? 0), 0);

/** Sorted; each bit under the scheduler's own name for it, where it has one. */
export function flagNames(scheduler: string, bits: number): readonly string[] {
  const names: string[] = [];
  for (const [name, bit] of plain) {
    if ((bits & bit) === 0) continue;
    const own = [...(named[scheduler] ?? [])].find(([, ownBit]) => ownBit === bit);
    names.push(own?.[0] ?? name);
  }
  return names.sort();
}

export const schedulerModule = (scheduler: string): string => `ip_vs_${scheduler}`;
