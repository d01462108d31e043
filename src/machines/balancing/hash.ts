import { finalMix } from '../../model/hash.js';

/**
 * MurmurHash3 (x86, 32 bits) over a text's UTF-16 code units, 0 to 2^32-1: the same on every node and in every life, and
 * well mixed for short texts such as addresses. Not for secrets.
 */
export function hash32(text: string, seed: number): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index += 2) {
    let block = text.charCodeAt(index) | ((index + 1 < text.length ? text.charCodeAt(index + 1) : 0) << 16);
    block = Math.imul(block, 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    hash ^= Math.imul(block, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  return finalMix(hash ^ text.length);
}
