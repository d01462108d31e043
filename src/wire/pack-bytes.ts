/** What msgpackr writes as bytes of their own, which can be transferred. */
import type { Packr } from 'msgpackr';

/** msgpackr writes into a buffer that all its packers of a thread share, which grows to four times what it must hold. */
const LARGE_BYTES = 1024 * 1024;
/** msgpackr's own first size. */
const FIRST_BYTES = 8192;

/** pack() answers with a view of the shared buffer: to post that would copy, or detach, all of it. */
export function packBytes(packr: Packr, value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packr.pack(value));
  // Otherwise the thread would keep, and in time fill, a buffer that is as large for the rest of its life.
  if (bytes.length > LARGE_BYTES) packr.useBuffer(Buffer.allocUnsafeSlow(FIRST_BYTES));
  return bytes;
}
