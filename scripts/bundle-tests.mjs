// Puts the unit tests of a folder together into one file, with all that they load: a worker of ava loads hundreds of modules for each of
// its files, which is most of the time of a short test. Titles keep the path of their file.
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const BUNDLES = 'dist/test-bundles';
const TESTS = 'dist/test';
/** Of a folder below test/: what has no hooks, no thread and no process of its own. */
const PURE = ['config', 'doctor', 'health', 'import', 'machines', 'model', 'schema', 'wire'];
/** A hook of a file would be one of its whole bundle. */
const isAlone = /\btest\.(?:serial\.)?(?:before|after)(?:Each)?\b/u;

/** Of these test files, those that stay as they are, and the bundles of the others. */
export async function bundleTests(files) {
  const folders = new Map();
  const rest = [];
  for (const file of files) {
    const [folder] = relative(TESTS, file).split('/');
    if (!PURE.includes(folder) || isAlone.test(readFileSync(file, 'utf8'))) rest.push(file);
    else folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const { build } = createRequire(import.meta.url)('esbuild');
  rmSync(BUNDLES, { recursive: true, force: true });
  const bundles = [...folders].map(([folder, members]) => ({ out: folder, members }));
  await Promise.all(bundles.map(({ out, members }) => build(optionsFor(out, members))));
  return [...rest, ...bundles.map(({ out }) => `${BUNDLES}/${out}.test.js`)];
}

const optionsFor = (out, members) => ({
  stdin: {
    contents: members.map((member) => `import ${JSON.stringify(resolve(member))};`).join('\n'),
    resolveDir: '.',
  },
  outfile: `${BUNDLES}/${out}.test.js`,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
  plugins: [ownTitles(out), ownAddress],
});

/** Each file's `test` puts the path of the file before its titles. */
const ownTitles = (out) => ({
  name: 'own-titles',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^ava$/ }, ({ importer, namespace }) =>
      namespace === 'file' && importer.endsWith('.test.js') ? { path: importer, namespace: 'titles' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'titles' }, ({ path }) => {
      const place = relative(`${TESTS}/${out}`, path)
        .replace(/\.test\.js$/u, '')
        .replaceAll('/', ' › ');
      return {
        contents: `import test from 'ava';
          const titled = (declare) => (title, ...rest) => declare(${JSON.stringify(`${place} › `)} + title, ...rest);
          export default Object.assign(titled(test), { serial: titled(test.serial) });`,
        resolveDir: '.',
      };
    });
  },
});

/** Files that stand beside a module are found where it is, and not beside the bundle. */
const ownAddress = {
  name: 'own-address',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(resolve('dist'))) return undefined;
      const contents = readFileSync(path, 'utf8');
      if (!contents.includes('import.meta')) return undefined;
      return {
        contents: contents
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
      };
    });
  },
};
