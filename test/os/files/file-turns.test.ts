import test from 'ava';
import { FileTurns } from '../../../src/os/files/file-turns.js';

type Answer = { readonly bytes: Uint8Array };

/** Reads that end when the test says so. */
function reads() {
  const begun: string[] = [];
  const ends = new Map<string, (answer: Answer) => void>();
  const read = (path: string) => {
    begun.push(path);
    return new Promise<Answer>((resolve) => ends.set(path, resolve));
  };
  const end = (path: string) => ends.get(path)?.({ bytes: Buffer.from(path) });
  return { begun, read, end };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const content = (path: string) => ({ kind: 'read', bytes: Buffer.from(path) });

test('one file is read at a time, and who asks for the same one shares the read', async (t) => {
  const { begun, read, end } = reads();
  const files = new FileTurns(read, 60_000);
  const asked = ['a', 'b', 'a'].map((path) => files.read(path, 10));
  await settled();
  t.deepEqual(begun, ['a']);
  end('a');
  t.deepEqual(await asked[0], content('a'));
  await settled();
  t.deepEqual(begun, ['a', 'b']);
  end('b');
  t.deepEqual(await Promise.all(asked), [content('a'), content('b'), content('a')]);
});

test('a read that does not end is told, is not begun again, and others take their turn; two are too many', async (t) => {
  const { begun, read, end } = reads();
  let answers = false;
  const files = new FileTurns((path) => (answers ? Promise.resolve({ bytes: Buffer.from(path) }) : read(path)), 1);
  const first = await files.read('a', 10);
  t.like(first, { kind: 'late', why: 'it could not be read within 1 ms: does its file system hang?' });
  t.like(await files.read('a', 10), { kind: 'late', why: 'the last read has not ended: does its file system hang?' });
  t.like(await files.read('b', 10), { kind: 'late' });
  t.like(await files.read('c', 10), { kind: 'late', why: 'reads of a and b have not ended: does a file system hang?' });
  t.deepEqual(begun, ['a', 'b'], 'each takes a thread of the four that the process has');
  answers = true;
  end('a');
  await settled();
  t.like(await files.read('a', 10), { kind: 'read' });
});

test('what is wrong with a file is said in words, and it is asked for anew each time', async (t) => {
  const files = new FileTurns();
  const nothing = { kind: 'absent', why: 'cannot be read: there is no such file' } as const;
  t.deepEqual(await files.read('/nonexistent', 10), nothing);
  t.deepEqual(await files.read('/nonexistent', 10), nothing);
  t.like(await files.read('/', 10), { kind: 'refused', why: 'this is a directory: name the file in it' });
});
