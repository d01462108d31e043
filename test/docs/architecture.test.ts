import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';

const MOST_FILES = 14;
const MOST_LINES = 300;

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const known = new Set(files);

/** What a file of src/ imports from src/, types too: `import`, `export ... from` and `import()`. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join('src', file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm);
  return [...statements]
    .map(([, from, dynamic]) => join(dirname(file), from ?? dynamic ?? '').replace(/\.js$/, '.ts'))
    .filter((path) => known.has(path));
}
const graph = new Map(files.map((file) => [file, importsOf(file)]));

/** A folder directly below src/, or a file there. */
const placeOf = (path: string): string => path.split('/')[0] ?? '';

/** The rows of the table in ARCHITECTURE.md, from above. */
function rows(): readonly (readonly string[])[] {
  const page = readFileSync('ARCHITECTURE.md', 'utf8');
  return [...page.matchAll(/^\| ((?:`src\/[\w.]+\/?`(?:, )?)+) \|/gm)].map(([, places = '']) =>
    [...places.matchAll(/src\/([\w.]+)/g)].map(([, name = '']) => name),
  );
}

test('imports go down the list of ARCHITECTURE.md only, types included', (t) => {
  const rank = new Map(rows().flatMap((row, index) => row.map((place) => [place, index] as const)));
  t.deepEqual([...rank.keys()].sort(), [...new Set(files.map(placeOf))].sort());
  const broken: string[] = [];
  for (const [file, targets] of graph) {
    for (const target of targets) {
      const [from, to] = [placeOf(file), placeOf(target)];
      if (from !== to && (rank.get(from) ?? 0) >= (rank.get(to) ?? 0)) broken.push(`${file} -> ${target}`);
    }
  }
  t.true([...graph.values()].flat().length > files.length);
  t.deepEqual(broken, []);
});

test('no import goes round in a circle', (t) => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const target of graph.get(file) ?? []) visit(target, [...way, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  t.deepEqual(circles, []);
});

/** The packages that a compiled module loads, at once or later, by itself and by what it imports: types are gone from there. */
function packagesOf(entry: string): ReadonlySet<string> {
  const packages = new Set<string>();
  const modules = new Set([entry]);
  for (const module of modules) {
    const text = readFileSync(module, 'utf8');
    for (const [, still, dynamic] of text.matchAll(/(?:^import|from) '([^']+)';$|import\('([^']+)'\)/gm)) {
      const from = still ?? dynamic ?? '';
      if (from.startsWith('.')) modules.add(join(dirname(module), from));
      else packages.add(from);
    }
  }
  return packages;
}

test('a monitor does not load zod, which takes 20 MB a thread', (t) => {
  t.true(packagesOf('dist/src/config/sections/checks/schema.js').has('zod'));
  const checkers = readdirSync('dist/src/checks', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('checker.js'),
  );
  t.true(checkers.length > 10);
  for (const checker of checkers) t.false(packagesOf(join('dist/src/checks', checker)).has('zod'), checker);
  const monitor = packagesOf('dist/src/actors/monitor/index.js');
  t.true(packagesOf('dist/src/checks/icmp/checker.js').has('koffi'));
  t.false(monitor.has('zod'));
});

test('no folder is a heap, and no file a novel', (t) => {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  t.deepEqual(
    [...counts].filter(([, count]) => count > MOST_FILES),
    [],
  );
  const long = files.filter(
    (file) => readFileSync(join('src', file), 'utf8').trimEnd().split('\n').length > MOST_LINES,
  );
  t.deepEqual(long, []);
});

test('what the walks of ARCHITECTURE.md name is where they say', (t) => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8').replace(/\s+/g, ' ');
  const steps = [...text.matchAll(/`(src\/[\w/.-]+)`(?: \(((?:`#?\w+`(?:, )?)+)\))?/g)];
  t.true(steps.length > 40);
  for (const [, path = '', names = ''] of steps) {
    t.true(existsSync(path), path);
    for (const [, name = ''] of names.matchAll(/`(#?\w+)`/g))
      t.true(readFileSync(path, 'utf8').includes(name), `${path}: ${name}`);
  }
});
