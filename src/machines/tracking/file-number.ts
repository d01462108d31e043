/** What a tracked file says: keepalived's rules for a file that is not there, or holds something else (track_file.c). Pure. */
import type { FileReading } from '../../model/probe.js';

/** `problem`: why the number is not what is in the file; empty = it is. */
export type FileNumber = { readonly value: number; readonly problem: string };

/** A number with its sign, and some space around it. */
const MOST_CHARACTERS = 64;
const WHOLE_NUMBER = /^\s*([+-]?\d{1,10})\s*$/;
/** keepalived's bounds. */
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31;

/** No file is 0. One that is being written may be empty for a moment: what was there before goes on. */
export function stepFile(before: number, reading: FileReading): FileNumber {
  switch (reading.kind) {
    case 'read': {
      const value = numberIn(reading.bytes);
      return value === null ? { value: before, problem: 'it holds no whole number' } : { value, problem: '' };
    }
    case 'absent':
      return { value: 0, problem: 'there is no such file' };
    case 'refused':
    case 'late':
      return { value: before, problem: reading.why };
    default:
      return reading satisfies never;
  }
}

export const fileWords = ({ value, problem }: FileNumber): string =>
  problem === '' ? `the number ${value}` : `the number ${value}, for ${problem}`;

function numberIn(bytes: Uint8Array): number | null {
  if (bytes.length > MOST_CHARACTERS) return null;
  const text = String.fromCharCode(...bytes);
  const value = Number(WHOLE_NUMBER.exec(text)?.[1] ?? Number.NaN);
  return value >= LOWEST && value <= HIGHEST ? value : null;
}
