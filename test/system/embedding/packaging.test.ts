/** The library in apps of every kind of module, and inside bundles: an app in a folder of its own, run by plain node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { build, type Format } from 'esbuild';
import { bounded } from '../../support/programs/run-in-test.js';

const root = process.cwd();

/** What the app does once it has `createRuntime`: a check of its own, one of Fulcrum's threads, and an orderly end. */
const body = (options = '') => `
  const runtime = await createRuntime(
    {
      node: { state_dir: process.argv[2] },
      control: { socket: null, http: '127.0.0.1:0', grpc: null },
      dataplane: { driver: 'dry-run' },
      runtime: { monitor_shards: 1 },
      services: [{
        name: 'web', address: '10.0.0.100', port: 80,
        checks: [{ type: 'custom', name: 'mine', interval: '100ms' }],
        backends: [{ name: 'a', address: '127.0.0.1', port: 9 }],
      }],
    },
    { checks: { mine: async () => true }${options} },
  );
  while (runtime.status().services[0]?.backends[0]?.state !== 'healthy') await new Promise((resolve) => setTimeout(resolve, 10));
  await runtime.stop();
  console.log('healthy, and stopped');
`;
const esm = (options = '') => `import { createRuntime } from 'fulcrum';\n${body(options)}`;

/** An app's folder; with the package, as `npm install` of a folder makes it, or with its dependencies alone. */
function app(t: ExecutionContext, installed: 'package' | 'dependencies'): string {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-app-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (installed === 'dependencies') symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'fulcrum'));
  }
  return folder;
}

async function run(folder: string, file: string): Promise<{ out: string; err: string; code: number }> {
  const child = spawn(process.execPath, [join(folder, file), join(folder, 'state')], {
    ...bounded,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code };
}

async function runsWell(t: ExecutionContext, folder: string, file: string): Promise<void> {
  const { out, err, code } = await run(folder, file);
  t.is(out, 'healthy, and stopped\n', err);
  t.is(code, 0);
}

/** Bundles `source` into `out/app.EXTENSION` of the folder. */
async function bundle(folder: string, source: string, format: Format, external: readonly string[]): Promise<string> {
  const entry = join(folder, 'entry.mjs');
  writeFileSync(entry, source);
  const outfile = join('out', format === 'esm' ? 'app.mjs' : 'app.cjs');
  const fulcrum = join(root, 'dist/src/index.js');
  await build({
    entryPoints: [entry],
    outfile: join(folder, outfile),
    bundle: true,
    platform: 'node',
    format,
    external: [...external],
    ...(external.includes('fulcrum') ? {} : { alias: { fulcrum } }),
    // Packages of CommonJS in a bundle of ES modules call require.
    ...(format === 'esm'
      ? { banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" } }
      : {}),
    logLevel: 'silent',
  });
  return outfile;
}

const wrapped = (source: string) => `(async () => {${source}})();`;

test('ES modules, require, and import() from CommonJS', async (t) => {
  const folder = app(t, 'package');
  writeFileSync(join(folder, 'app.mjs'), esm());
  writeFileSync(join(folder, 'require.cjs'), `const { createRuntime } = require('fulcrum');\n${wrapped(body())}`);
  writeFileSync(join(folder, 'import.cjs'), wrapped(`const { createRuntime } = await import('fulcrum');\n${body()}`));
  for (const file of ['app.mjs', 'require.cjs', 'import.cjs']) await runsWell(t, folder, file);
});

test('a bundle that leaves Fulcrum out, as ES module and as CommonJS', async (t) => {
  const folder = app(t, 'package');
  await runsWell(t, folder, await bundle(folder, esm(), 'esm', ['fulcrum']));
  await runsWell(
    t,
    folder,
    await bundle(folder, `import { createRuntime } from 'fulcrum';\n${wrapped(body())}`, 'cjs', ['fulcrum']),
  );
});

test('a bundle with Fulcrum inside finds the threads of the package installed beside it', async (t) => {
  const folder = app(t, 'package');
  await runsWell(t, folder, await bundle(folder, esm(), 'esm', ['koffi']));
  await runsWell(
    t,
    folder,
    await bundle(folder, `import { createRuntime } from 'fulcrum';\n${wrapped(body())}`, 'cjs', ['koffi']),
  );
});

test('a bundle with Fulcrum inside and a copy of its files is told where the threads are', async (t) => {
  const folder = app(t, 'dependencies');
  for (const part of ['package.json', 'dist/src', 'proto', 'dashboard']) {
    cpSync(join(root, part), join(folder, 'out', 'fulcrum', part), { recursive: true });
  }
  const threads = ", threads: new URL('./fulcrum/dist/src/threads/', import.meta.url)";
  await runsWell(t, folder, await bundle(folder, esm(threads), 'esm', ['koffi']));
  const fromFile =
    ", threads: require('node:url').pathToFileURL(require('node:path').join(__dirname, 'fulcrum/dist/src/threads/'))";
  await runsWell(
    t,
    folder,
    await bundle(folder, `import { createRuntime } from 'fulcrum';\n${wrapped(body(fromFile))}`, 'cjs', ['koffi']),
  );
});

test('a bundle that can find no threads says so, and where to read on', async (t) => {
  const folder = app(t, 'dependencies');
  for (const format of ['esm', 'cjs'] as const) {
    const source = format === 'esm' ? esm() : `import { createRuntime } from 'fulcrum';\n${wrapped(body())}`;
    const { err, code } = await run(folder, await bundle(folder, source, format, ['koffi']));
    t.regex(err, /the threads' entry points are not in .*: see "Bundled apps" in docs\/embedding\.md/);
    t.is(code, 1);
  }
});
