import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import { ownString } from '../../../src/wire/text/own-string.js';

const PARENT_BYTES = 100_000;
const COUNT = 300;

/** This thread's, after everything that nobody holds was collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

/** What it costs to keep a short part of each of many long texts. */
function heldBytes(keep: (part: string) => string): number {
  const before = heapBytes();
  const kept = Array.from({ length: COUNT }, (_, index) =>
    keep(Buffer.alloc(PARENT_BYTES, `text ${index} `).toString('latin1').slice(100, 140)),
  );
  const held = heapBytes() - before;
  return kept.length === COUNT ? held : 0;
}

test('what is kept of a long text does not keep all of it', (t) => {
  const whole = PARENT_BYTES * COUNT;
  // Why it is needed: if V8 ever stops keeping the whole, it can go.
  t.true(heldBytes((part) => part) > whole / 2);
  t.true(heldBytes(ownString) < whole / 10);
});

test('the text is the same', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => ownString(text) === text));
  t.pass();
});
