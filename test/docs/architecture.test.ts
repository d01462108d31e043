import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';

type Import = { readonly file: string; readonly target: string; readonly typesOnly: boolean };

/** What a file of src/ imports from src/, and bench/, by path: `import`, `export ... from` and `import()`. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join('src', file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s(type\s)?[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm);
  return [...statements].map(([, type, from, dynamic]) => ({
    file,
    target: join(dirname(file), from ?? dynamic ?? ''),
    typesOnly: type !== undefined,
  }));
}

const placeOf = (path: string): string =>
  path.startsWith('../') ? (path.split('/')[1] ?? '') : (path.split('/')[0] ?? '').replace(/\.[jt]s$/, '');

/** By folder: what it may import, and of what the types alone. */
function rulesOf(page: string): Map<string, { readonly code: Set<string>; readonly types: Set<string> }> {
  const rows = page.matchAll(/^\| `src\/(\w+)\/` \| .* \| (types of )?([\w, ]+) \|$/gm);
  return new Map(
    [...rows].map(([, folder = '', typesOf, list = '']) => {
      const named = new Set(list.split(', '));
      return [folder, { code: typesOf === undefined ? named : new Set<string>(), types: named }];
    }),
  );
}

const typesForAll = new Set(['config/model.js', 'workers/actor.js']);
const codeForAll = new Set(['errors.js', 'version.js']);

test('each folder imports only what the table of ARCHITECTURE.md allows it', (t) => {
  const rules = rulesOf(readFileSync('ARCHITECTURE.md', 'utf8'));
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  t.deepEqual([...rules.keys()].sort(), folders.map(({ name }) => name).sort());
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const imports = files.flatMap(importsOf);
  t.true(imports.length > files.length);
  const broken = imports.filter(({ file, target, typesOnly }) => {
    const rule = rules.get(placeOf(file));
    const place = placeOf(target);
    if (rule === undefined || place === placeOf(file) || codeForAll.has(target)) return false;
    if (typesOnly && (typesForAll.has(target) || rule.types.has(place))) return false;
    return !rule.code.has(place);
  });
  t.deepEqual(broken, []);
});
