/**
 * FNV-1a over a text's UTF-16 code units, 0 to 2^32-1, mixed once more (MurmurHash3's finaliser) so that similar texts fall far apart.
 * The same in every thread and every life. Not for secrets.
 */
export function fnvHash(text: string, seed = 0): number {
  let hash = FNV_OFFSET ^ seed;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return finalMix(hash);
}

/** Every bit of the hash depends on every other: MurmurHash3's last step. */
export function finalMix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
