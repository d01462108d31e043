import test from 'ava';
import fc from 'fast-check';
import { type JournalRecord, journalLine, parseJournalLines } from '../../../src/wire/hooks/journal-lines.js';

const count = fc.nat(1e9);
const word = fc.string({ maxLength: 12, unit: 'binary' });
const entry = fc.record({
  seq: count,
  type: word,
  names: fc.array(word, { maxLength: 3 }),
  state: fc.option(word),
  only: fc.option(word),
  present: fc.boolean(),
  words: fc.option(fc.array(word, { maxLength: 4 })),
  event: fc.dictionary(word, fc.oneof(word, count, fc.boolean(), fc.array(word)), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
});
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant('journal'), version: fc.constant(1), epoch: word, next: count }),
  fc.record({ kind: fc.constant('cursor'), cursor: fc.record({ hook: word, done: count, missed: count }) }),
  fc.record({ kind: fc.constant('entry'), entry }),
);

test('what is written is read again, and what a crash cut off at the end is no record', (t) => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), fc.nat(), (records, place) => {
      const lines = records.map(journalLine);
      const text = lines.join('');
      const cut = place % (text.length + 1);
      const whole = lines.filter((_, index) => lines.slice(0, index + 1).join('').length <= cut).length;
      t.deepEqual(JSON.stringify(parseJournalLines(text.slice(0, cut))), JSON.stringify(records.slice(0, whole)));
    }),
  );
});

test('any other damage is told with its line', (t) => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(255), (records, place, byte) => {
      const bytes = Buffer.from(records.map(journalLine).join(''));
      const at = place % (bytes.length - 1);
      // A line's end elsewhere cuts two records out of one.
      if (bytes[at] === byte) return;
      bytes[at] = byte;
      t.throws(() => parseJournalLines(bytes.toString('utf8')), { message: /^line \d+ is no record$/ });
    }),
  );
});

test('a line that fits its checksum and is no record is refused', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const line = journalLine({ kind: 'entry', entry: value } as unknown as JournalRecord);
      t.throws(() => parseJournalLines(line), { message: 'line 1 is no record' });
    }),
  );
});

test('no bytes make it fail otherwise', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseJournalLines(text);
      } catch (error) {
        t.regex(String(error), /line \d+ is no record/);
      }
      t.pass();
    }),
  );
});
