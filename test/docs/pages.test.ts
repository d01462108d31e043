/** The pages for people: their links lead somewhere, and what they show is of this program. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';

const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'bench/README.md'].concat(
  readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
);
const proseOf = (page: string): string => readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '');

/** As GitHub names the headings of a page. */
const anchorsOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test('every relative link of a page leads to a file, and to a heading where it names one', (t) => {
  const broken: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const [, target = '', anchor = ''] of proseOf(page).matchAll(/\]\(([^)#\s]*)#?([^)\s]*)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      count += 1;
      const file = target === '' ? page : normalize(join(dirname(page), target));
      const leads = existsSync(file) && (anchor === '' || anchorsOf(file).includes(anchor));
      if (!leads) broken.push(`${page}: ${target}#${anchor}`);
    }
  }
  t.true(count > 100);
  t.deepEqual(broken, []);
});

test('docs/README.md leads to every page of docs/', (t) => {
  const index = readFileSync('docs/README.md', 'utf8');
  const missing = readdirSync('docs').filter((name) => name.endsWith('.md') && !index.includes(`(${name})`));
  t.deepEqual(missing, ['README.md']);
});

test('docs/decisions/README.md lists every record, by its number', (t) => {
  const index = readFileSync('docs/decisions/README.md', 'utf8');
  const records = readdirSync('docs/decisions').filter((name) => /^\d{4}-/.test(name));
  const listed = [...index.matchAll(/^\| (\d{4}) \| \[.*\]\((\1-.*\.md)\) \|$/gm)].map(([, , file]) => file);
  t.deepEqual(listed, records.sort());
  t.is(new Set(records.map((name) => name.slice(0, 4))).size, records.length);
});

test('docs/cli.md has every command of the program', (t) => {
  const { stdout } = spawnSync(process.execPath, ['bin/fulcrum.js', '--help'], { encoding: 'utf8' });
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]+)(?: |$)/gm)].map(([, name = '']) => name);
  t.true(commands.includes('healthcheck-server'));
  const page = readFileSync('docs/cli.md', 'utf8');
  t.deepEqual(
    commands.filter((name) => !page.includes(`\`fulcrum ${name}`)),
    [],
  );
});
