/** Every command of the pages is one of this program, and is run by a test or has a reason why not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Command, CommanderError } from 'commander';
import { readCheckCommand } from '../../src/cli/check/run.js';
import { commands } from '../../src/cli/commands/index.js';
import { createProgram } from '../../src/cli/program.js';
import {
  checkout,
  commandsNotRun,
  commandsOf,
  pages,
  pagesRun,
  whyNotRun,
} from '../support/fixtures/documented-commands.js';

/** Parses the words as the program does, and does nothing. Throws CommanderError where they are wrong. */
async function parseOnly(words: readonly string[]): Promise<void> {
  const program = createProgram(commands);
  const disarm = (command: Command): void => {
    command.action(() => {}).configureOutput({ writeOut: () => {}, writeErr: () => {} });
    command.commands.forEach(disarm);
  };
  for (const command of program.commands) disarm(command);
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  try {
    // A file for results is opened as soon as it is named.
    const unwritten = words.map((word) => word.replace(/^.*\.(?:json|html)$/, '/dev/null'));
    await program.parseAsync(unwritten, { from: 'user' });
    // Its options depend on the type of check.
    if (words[0] === 'check' && !words.includes('--help')) await readCheckCommand(words.slice(1));
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
}

/** The words of each `fulcrum` in a line. */
const fulcrumsOf = (line: string): readonly (readonly string[])[] =>
  [...line.matchAll(/(?:^|&& |npx )fulcrum ([^|&;]+)/g)].map(([, words = '']) => words.trim().split(/\s+/));

/** A command in running text or in a table may be a pattern: `show services\|backends`, `plan [-c FILE]`. */
const spelledOut = (words: readonly string[]): readonly (readonly string[])[] =>
  words
    .map((word) => word.replace(/[[\]]/g, ''))
    .reduce<readonly (readonly string[])[]>(
      (lines, word) => word.split(/\\?\|/).flatMap((each) => lines.map((line) => [...line, each])),
      [[]],
    );
const examples: Readonly<Record<string, string>> = {
  TYPE: 'tcp',
  TARGET: '10.0.0.11:80',
  DURATION: '1s',
  COMMAND: 'run',
};

test('every fulcrum command of a block is one that the program takes', async (t) => {
  let count = 0;
  for (const page of pages) {
    for (const line of commandsOf(page)) {
      for (const words of fulcrumsOf(line)) {
        count += 1;
        await t.notThrowsAsync(parseOnly(words), `${page}: ${line}`);
      }
    }
  }
  t.true(count > 50);
});

test('every fulcrum command of the running text and the tables is one that the program takes', async (t) => {
  let count = 0;
  for (const page of pages) {
    const prose = readFileSync(join(checkout, page), 'utf8').replace(/^```.*?^```/gms, '');
    for (const [, line = ''] of prose.matchAll(/`(?:npx )?fulcrum ([^`&;]+)[^`]*`/g)) {
      for (const words of spelledOut(
        line
          .trim()
          .split(/\s+/)
          .map((word) => examples[word] ?? word),
      )) {
        count += 1;
        // A page may name a command without what it needs.
        await t.notThrowsAsync(
          parseOnly(words).catch((error: unknown) => {
            if (!(error instanceof CommanderError) || !/missing|not specified/.test(error.message)) throw error;
          }),
          `${page}: fulcrum ${words.join(' ')}`,
        );
      }
    }
  }
  t.true(count > 80);
});

test('a command or an option that the program does not have is noticed', async (t) => {
  for (const line of [
    'drian a',
    'drain a --wiat',
    'show everything',
    'check http 10.0.0.1:80 --metod GET',
    'bench jitters',
  ]) {
    await t.throwsAsync(parseOnly(line.split(' ')), { instanceOf: CommanderError }, line);
  }
});

test('every command is run by a test, or has a reason why it is not', (t) => {
  const all = pages.flatMap((page) => commandsOf(page).map((command) => ({ page, command })));
  const open = all.filter(
    ({ page, command }) => whyNotRun(command) === null && !pagesRun.some((each) => each === page),
  );
  t.deepEqual(open, []);
  const idle = commandsNotRun.filter((pattern) => !all.some(({ command }) => pattern.test(command)));
  t.deepEqual(idle, []);
});
