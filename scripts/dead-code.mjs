// npm run dead-code: files that nothing loads, and exports that no other file names. Exit code 1 when there are any.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

const roots = ['src', 'test', 'bench', 'examples'];
/** What is loaded from outside: the package's doors. The threads' entry points are found by `threadEntry`. */
const entries = [
  'src/index.ts',
  'src/health/index.ts',
  'bench/index.ts',
  'src/cli/main.ts',
  // Found in a folder that is known only at run time, for apps that are bundled.
  'src/threads/supervisor.ts',
  // Found by the name of their folder.
  ...sourcesIn('src/dataplane/drivers').filter((path) => path.endsWith('/driver.ts')),
  ...sourcesIn('src/checks').filter((path) => path.endsWith('/checker.ts')),
];

/** Loaded by URL, as a thread or a driver: what it exports is found at run time. */
const loadedByUrl = new Set();
const namedFiles = new Set();
const files = new Map(roots.flatMap(sourcesIn).map((path) => [path, parse(path)]));
for (const path of files.keys()) {
  if (/^(?:bench|test)\//.test(path) && namedFiles.has(basename(path, '.ts'))) entries.push(path);
}
const reached = new Set();
for (const path of files.keys()) {
  if (entries.includes(path) || /^examples\//.test(path) || /\.test\.ts$/.test(path)) reach(path);
}

const problems = [];
for (const [path, file] of files) {
  if (!reached.has(path)) {
    problems.push(`${path}: nothing loads this file`);
    continue;
  }
  if (entries.includes(path) || loadedByUrl.has(path)) continue;
  for (const name of file.exports) if (!isUsed(path, name)) problems.push(`${path}: nothing outside uses ${name}`);
}
for (const problem of problems) console.error(problem);
console.log(`dead code: ${files.size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function sourcesIn(folder) {
  let found;
  try {
    found = readdirSync(folder, { recursive: true });
  } catch {
    return [];
  }
  // bench/peers is a package of its own.
  return found.filter((name) => /\.ts$/.test(name) && !name.includes('node_modules')).map((name) => join(folder, name));
}

function parse(path) {
  const raw = readFileSync(path, 'utf8');
  // A program of its own says in its head how it is run.
  if (raw.includes(`node dist/${path.replace(/\.ts$/, '.js')}`)) entries.push(path);
  const text = raw.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  const loads = [...text.matchAll(/(?:from|import\(|import|new URL\()\s*'(\.{1,2}\/[^']+)\.js'/g)].map(([, target]) =>
    relative('.', resolve(dirname(path), `${target}.ts`)),
  );
  for (const [, target] of text.matchAll(/new URL\(\s*'(\.{1,2}\/[^']+)\.js'/g)) {
    loadedByUrl.add(relative('.', resolve(dirname(path), `${target}.ts`)));
  }
  for (const [, name] of text.matchAll(/threadEntry\('([\w-]+)'\)/g)) loads.push(`src/threads/${name}.ts`);
  // Programs and threads that are started by a path put together at run time: their file's name is all there is to see.
  for (const [, name] of text.matchAll(/['`/]([\w-]+)(?:\.js)?['`]/g)) namedFiles.add(name);
  const declared = text.matchAll(
    /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|type|interface) (\w+)/gm,
  );
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\};/gm)].flatMap(([, names]) =>
    names.split(',').map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .split(/ as /)
        .at(-1),
    ),
  );
  return { text, loads, exports: [...[...declared].map(([, name]) => name), ...listed.filter(Boolean)] };
}

function reach(path) {
  if (reached.has(path) || !files.has(path)) return;
  reached.add(path);
  for (const target of files.get(path).loads) reach(target);
}

/** Named in a file that loads this one, or through a file which passes everything on, or a second time in its own file. */
function isUsed(path, name) {
  const word = new RegExp(`\\b${name}\\b`);
  const { text } = files.get(path);
  if (text.match(new RegExp(word, 'g')).length > 1) return true;
  const passedOn = new Set([path]);
  for (const [other, file] of files) {
    if (file.loads.includes(path) && /export (?:type )?(?:\*|\{)[^;]*from/.test(file.text)) passedOn.add(other);
  }
  for (const [other, file] of files) {
    if (other !== path && word.test(file.text) && file.loads.some((target) => passedOn.has(target))) return true;
  }
  return false;
}
