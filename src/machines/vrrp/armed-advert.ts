/**
 * An advert that two threads wait for. It is one word of shared memory: the advert's number, and what has become of it.
 *
 *   free, sent --arm--> armed --claim--> claimed --finish--> sent
 *                         |
 *                         +----takeBack----> free
 *
 * The first thread arms and takes back, the second one claims and finishes. Taking back and claiming are the same
 * compare-and-exchange from the same value, so that one of them succeeds and never both. The first thread sends an advert only
 * after it took it back, the second one only after its claim: nothing leaves twice, and nothing after it was taken back.
 * What belongs to the advert (packet, socket, deadline) is written while nothing is armed or claimed, so whoever's claim succeeds
 * has read what is right.
 */

/** The value of an armed word: no other advert has it (but after a billion of them). */
export type Token = number;

const PHASE_BITS = 2;
const PHASE = (1 << PHASE_BITS) - 1;
const FREE = 0;
const ARMED = 1;
const CLAIMED = 2;
const SENT = 3;

/** By the first thread, and only while the advert before is settled. */
export function arm(words: Int32Array, at: number): Token {
  const number = (Atomics.load(words, at) >> PHASE_BITS) + 1;
  const token = (number << PHASE_BITS) | ARMED;
  Atomics.store(words, at, token);
  return token;
}

/** True: it is the first thread's alone. False: the second one has claimed it, and sends it now or did so before. */
export const takeBack = (words: Int32Array, at: number, token: Token): boolean => leave(words, at, token, FREE);

/** True: the second thread must send it, and then `finish`. */
export const claim = (words: Int32Array, at: number, token: Token): boolean => leave(words, at, token, CLAIMED);

/** What was claimed is with the kernel. */
export function finish(words: Int32Array, at: number, token: Token): void {
  Atomics.store(words, at, (token & ~PHASE) | SENT);
}

/** Nothing is between a claim and its end. */
export const isSettled = (words: Int32Array, at: number): boolean => (Atomics.load(words, at) & PHASE) !== CLAIMED;

/** What is armed now; 0 = nothing is. */
export function armedToken(words: Int32Array, at: number): Token {
  const word = Atomics.load(words, at);
  return (word & PHASE) === ARMED ? word : 0;
}

const leave = (words: Int32Array, at: number, token: Token, phase: number): boolean =>
  Atomics.compareExchange(words, at, token, (token & ~PHASE) | phase) === token;
