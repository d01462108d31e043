/** What one life of a program leaves for the next one, in a file. */
import { rename } from 'node:fs/promises';
import { messageOf } from '../../model/errors.js';
import { FileRefusal, readRegularFile } from './regular-file.js';

export type SavedFile<T> =
  | { readonly kind: 'loaded'; readonly state: T }
  | { readonly kind: 'absent' }
  /** The system does not give it to us: it stays where it is. */
  | { readonly kind: 'unreadable'; readonly why: string }
  /** The file was moved to `movedTo`: nothing is lost, and nothing of it is used. */
  | { readonly kind: 'damaged'; readonly why: string; readonly movedTo: string };

/** `parse` throws with what is wrong. */
export async function loadSaved<T>(
  file: string,
  maxBytes: number,
  parse: (text: string) => T | Promise<T>,
): Promise<SavedFile<T>> {
  let text: string;
  try {
    text = readRegularFile(file, maxBytes).bytes.toString('utf8');
  } catch (error) {
    if (error instanceof FileRefusal && error.absent) return { kind: 'absent' };
    return { kind: 'unreadable', why: messageOf(error) };
  }
  try {
    return { kind: 'loaded', state: await parse(text) };
  } catch (error) {
    const movedTo = `${file}.damaged-${Date.now()}`;
    await rename(file, movedTo).catch(() => {});
    return { kind: 'damaged', why: messageOf(error), movedTo };
  }
}
