/** From files to the lines that keepalived acts on: comments gone, includes read, definitions and sequences expanded. */
import { messageOf } from '../../../model/errors.js';
import { MAX_SOURCE_BYTES, type SourceFiles } from '../../files.js';
import type { Place } from '../../notes.js';
import { Definitions, definitionOf, type Surroundings } from './definitions.js';
import { glob, hasWildcard } from './glob.js';
import { MAX_EXPANDED, MAX_FILES, MAX_LINES, MAX_NESTING } from './limits.js';
import { unreadable } from './problem.js';
import { sequenceOf } from './sequences.js';
import { withoutComment } from './text.js';

export type Line = { readonly text: string; readonly at: Place };
/** What was read, but not as it stands there. */
export type Remark = { readonly at: Place; readonly keyword: string; readonly why: string; readonly lost: boolean };
export type Lines = {
  readonly lines: readonly Line[];
  readonly remarks: readonly Remark[];
  /** Lines that are another host's. */
  readonly skipped: number;
};

/** @throws ConfigError where an included file cannot be read, or there is no end to it */
export function readLines(file: string, text: string, files: SourceFiles, around: Surroundings): Lines {
  const reader = new Reader(files, around);
  reader.file(file, text);
  return reader;
}

const INCLUDE = /^include[rmwba]?\s+(.+)$/u;

class Reader implements Lines {
  readonly lines: Line[] = [];
  readonly remarks: Remark[] = [];
  skipped = 0;
  readonly #files: SourceFiles;
  readonly #around: Surroundings;
  readonly #definitions: Definitions;
  readonly #open: string[] = [];
  #count = 0;
  #bytes = 0;
  #expanded = 0;
  #steps = 0;
  #block: { readonly name: string; readonly lines: string[] } | null = null;

  constructor(files: SourceFiles, around: Surroundings) {
    this.#files = files;
    this.#around = around;
    this.#definitions = new Definitions(around, (at, keyword, why) => {
      this.remarks.push({ at, keyword, why, lost: false });
    });
  }

  file(path: string, text: string, from: Place = { file: path, line: 1 }): void {
    if (this.#open.includes(path)) throw unreadable(from, 'include', `${path} includes itself: ${this.#way(path)}`);
    this.#count += 1;
    this.#bytes += text.length;
    if (this.#open.length >= MAX_NESTING || this.#count > MAX_FILES || this.#bytes > MAX_SOURCE_BYTES) {
      throw unreadable(from, 'include', `${path} is one too many: ${SIZES}`);
    }
    this.#open.push(path);
    text.split(/\r*\n/u).forEach((line, index) => {
      this.#physical(line, { file: path, line: index + 1 });
    });
    this.#endBlock();
    this.#open.pop();
  }

  #way(path: string): string {
    return [...this.#open.slice(this.#open.indexOf(path)), path].join(' -> ');
  }

  #physical(line: string, at: Place): void {
    if (line.includes('\0')) {
      this.remarks.push({ at, keyword: '(line)', why: 'keepalived ignores a line with a NUL in it', lost: true });
      return;
    }
    if (line === '') this.#endBlock();
    const { text, continues } = withoutComment(line);
    if (text === '' && !continues) return;
    if (this.#block === null) {
      this.#line(text, at, continues, 0);
      return;
    }
    if (text !== '') this.#block.lines.push(text);
    if (!continues) this.#endBlock();
  }

  #endBlock(): void {
    if (this.#block !== null) this.#definitions.set(this.#block.name, this.#block.lines);
    this.#block = null;
  }

  /** A line of a file, of a definition or of a sequence. */
  #line(text: string, at: Place, continues: boolean, depth: number): void {
    this.#spend(text.length, at);
    if (depth > MAX_NESTING)
      throw unreadable(at, text, `nested more than ${MAX_NESTING} deep: does it contain itself?`);
    const own = this.#condition(text);
    if (own === null) return;
    const definition = definitionOf(own);
    if (definition !== null) {
      const lines = definition.value === '' ? [] : [definition.value];
      if (continues) this.#block = { name: definition.name, lines };
      else this.#definitions.set(definition.name, [definition.value]);
      return;
    }
    if (this.#sequence(own, at, depth)) return;
    const [first = '', ...rest] = this.#definitions.expand(own, at);
    // A definition may hold a condition or a sequence.
    if (first !== own && /^[@~$]/u.test(first)) this.#line(first, at, false, depth + 1);
    else this.#statement(first, at);
    for (const line of rest) this.#line(line, at, false, depth + 1);
  }

  /** What is left of a line that is this host's; null for one that is not. */
  #condition(text: string): string | null {
    if (!text.startsWith('@')) return text;
    const match = /^@(\^?)(\S*)\s+(.*)$/su.exec(text);
    const isOwn = match !== null && (match[2] === this.#around.host) === (match[1] === '');
    if (isOwn) return match[3] ?? '';
    this.skipped += 1;
    return null;
  }

  #sequence(text: string, at: Place, depth: number): boolean {
    if (!/^~(?:SEQ|LST)/u.test(text)) return false;
    const sequence = sequenceOf(text, (inside) => this.#definitions.expand(inside, at)[0] ?? '');
    if (sequence === null) {
      const why = 'this is no sequence: ~SEQ(NAME, FROM, STEP, TO) TEXT or ~LST(NAME, VALUE, VALUE) TEXT is allowed';
      this.remarks.push({ at, keyword: text.slice(0, 4), why, lost: true });
      return true;
    }
    for (const values of sequence.values) {
      sequence.names.forEach((name, index) => {
        this.#definitions.set(name, [values[index] ?? '']);
      });
      this.#line(sequence.text, at, false, depth + 1);
    }
    return true;
  }

  #statement(text: string, at: Place): void {
    const include = INCLUDE.exec(text);
    if (include !== null) this.#include(include[1] ?? '', at);
    else if (text !== '') this.lines.push({ text, at });
  }

  /** A line that makes nothing counts too: it may do so for long. */
  #spend(length: number, at: Place): void {
    this.#steps += 1;
    this.#expanded += length;
    if (this.#steps > MAX_LINES || this.#expanded > MAX_EXPANDED) {
      throw unreadable(at, '(document)', `the definitions and sequences make too much of it: ${SIZES}`);
    }
  }

  #include(pattern: string, at: Place): void {
    const directory = at.file.includes('/') ? at.file.slice(0, at.file.lastIndexOf('/') + 1) : '';
    const paths = glob(pattern.startsWith('/') ? pattern : directory + pattern, this.#files);
    if (paths.length === 0) {
      this.remarks.push({ at, keyword: 'include', why: `no file fits ${pattern}`, lost: false });
    }
    for (const path of paths) {
      let text: string;
      try {
        text = this.#files.read(path);
      } catch (error) {
        // Such as one of several alternatives in braces.
        if (hasWildcard(pattern) && !/[*?[]/u.test(pattern)) continue;
        throw unreadable(at, 'include', `${path}: ${messageOf(error)}`);
      }
      this.file(path, text, at);
    }
  }
}

const SIZES = `at most ${MAX_FILES} files, ${MAX_SOURCE_BYTES / 1024 ** 2} MiB of text, ${MAX_LINES} lines and ${MAX_EXPANDED / 1024 ** 2} MiB after their expansion are read`;
