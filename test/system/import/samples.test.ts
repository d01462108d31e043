import { readdirSync, readFileSync } from 'node:fs';
import { parseConfig } from '../../../src/config/load.js';
import { withoutComment, wordsOf } from '../../../src/import/keepalived/language/text.js';
import { needs } from '../../support/needs.js';
import { runCommand } from '../../support/rigs/run-command.js';

const SAMPLES = '/usr/share/doc/keepalived/samples';

const configurations = (): readonly string[] =>
  readdirSync(SAMPLES)
    .filter((name) => name.startsWith('keepalived.conf'))
    .map((name) => `${SAMPLES}/${name}`);

/** Every line's keyword with its number, but for braces, and lines for another host. */
const keywordsOf = (text: string): readonly (readonly [number, string])[] =>
  text.split('\n').flatMap((line, index) => {
    const [word = ''] = wordsOf(withoutComment(line).text.replace(/^[{}\s]+/u, ''));
    // What it holds is carried over.
    return ['', 'global_defs'].includes(word) || word.startsWith('@') ? [] : [[index + 1, word] as const];
  });

needs('keepalived', SAMPLES)(
  "each of keepalived's samples is a valid configuration, and each keyword carried over or told",
  async (t) => {
    const files = configurations();
    t.true(files.length >= 20);
    for (const file of files) {
      const { code, stdout, stderr } = await runCommand(['import', 'keepalived', file]);
      t.is(code, 0, file);
      t.notThrows(() => parseConfig(stdout, { file: 'import.yaml' }), file);
      for (const [line, word] of keywordsOf(readFileSync(file, 'utf8'))) {
        const isCarried = stdout.includes(`line ${line}: ${word}`);
        // What is read otherwise at many lines is told at the first.
        const isTold = stderr.includes(`${file}:${line}: ${word}: `) || stderr.includes(`: ${word}: read otherwise`);
        t.true(isCarried || isTold, `${file}:${line}: ${word}`);
      }
    }
  },
);
