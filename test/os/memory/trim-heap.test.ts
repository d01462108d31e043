import { readFileSync } from 'node:fs';
import test from 'ava';
import koffi from 'koffi';
import { libc } from '../../../src/os/kernel/libc.js';
import { trimHeap } from '../../../src/os/memory/trim-heap.js';

const malloc = libc.func('void *malloc(size_t size)');
const memset = libc.func('void *memset(void *at, int value, size_t size)');
const free = libc.func('void free(void *at)');

/** Small enough that the allocator cuts them from its arena, and gives none back by itself. */
const BLOCK = 32 * 1024;
const COUNT = 1000;

function touched(): unknown {
  const block: unknown = malloc(BLOCK);
  memset(block, 1, BLOCK);
  return block;
}

/** Kilobytes in memory of the mappings that the addresses are in; nothing else in this process counts. */
function residentKb(addresses: readonly bigint[]): number {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').matchAll(
    /^([0-9a-f]+)-([0-9a-f]+) [\s\S]*?^Rss: +(\d+) kB/gm,
  );
  let sum = 0;
  for (const [, from = '', to = '', kb] of mappings) {
    const [low, high] = [BigInt(`0x${from}`), BigInt(`0x${to}`)];
    if (addresses.some((address) => address >= low && address < high)) sum += Number(kb);
  }
  return sum;
}

test('what was freed below something that is still used goes back to the system', (t) => {
  const blocks = Array.from({ length: COUNT }, touched);
  const pin = touched();
  const addresses = blocks.map((block) => koffi.address(block));
  for (const block of blocks) free(block);
  const before = residentKb(addresses);
  trimHeap();
  const after = residentKb(addresses);
  free(pin);
  t.true(before - after > (COUNT * BLOCK) / 1024 / 2, `${before} kB, then ${after} kB`);
});
