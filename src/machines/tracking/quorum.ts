/** Whether enough processes run, where a change counts only once it has lasted. Pure. */
export type QuorumPolicy = { readonly quorum: number; readonly delayNs: number };
export type Quorum = {
  /** Null before the first count, which decides at once. */
  readonly up: boolean | null;
  /** When the change that is under way will count; null where there is none. */
  readonly changesAtNs: number | null;
};

export const unknownQuorum: Quorum = { up: null, changesAtNs: null };

export function stepQuorum({ up, changesAtNs }: Quorum, count: number, nowNs: number, policy: QuorumPolicy): Quorum {
  const enough = count >= policy.quorum;
  if (up === null || up === enough) return { up: enough, changesAtNs: null };
  const atNs = changesAtNs ?? nowNs + policy.delayNs;
  return atNs <= nowNs ? { up: enough, changesAtNs: null } : { up, changesAtNs: atNs };
}
