/** The package as npm publishes it: what it holds, and what a TypeScript project of each kind of module makes of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';

const root = process.cwd();
const scratch = mkdtempSync(join(tmpdir(), 'fulcrum-package-'));
const packed = join(scratch, 'node_modules', 'fulcrum');

type Packed = readonly { readonly filename: string; readonly files: readonly { readonly path: string }[] }[];
let files: ReadonlySet<string> = new Set();

test.before((t) => {
  t.timeout(300_000);
  const report = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [archive] = JSON.parse(report) as Packed;
  files = new Set(archive?.files.map(({ path }) => path));
  mkdirSync(packed, { recursive: true });
  execFileSync('tar', ['xzf', join(scratch, archive?.filename ?? ''), '-C', packed, '--strip-components=1']);
  // What npm would install beside it.
  for (const name of ['rxjs', 'zod', '@types', 'prom-client', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(scratch, 'node_modules', name));
  }
});
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

/** The compiler's complaints about a project of one file. */
function compile(name: string, module: string, type: 'module' | 'commonjs', source: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
  writeFileSync(join(folder, 'app.ts'), source);
  const compilerOptions = { module, target: 'es2022', strict: true, noEmit: true, types: ['node'], skipLibCheck: true };
  const moduleResolution = module === 'esnext' ? { moduleResolution: 'bundler' } : {};
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...moduleResolution }, files: ['app.ts'] }),
  );
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
  });
  return stdout;
}

const app = `
import { createRuntime, ConfigError, type ConfigDocument, type FulcrumEvent, type Runtime } from 'fulcrum';
import { HealthChecker, type ComponentHealth } from 'fulcrum/health';
import { runJitterBench } from 'fulcrum/bench';
const config = { services: [{ name: 'web', address: '10.0.0.1', port: 80, scheduler: 'wrr' }] } satisfies ConfigDocument;
async function main(): Promise<ComponentHealth[]> {
  const runtime: Runtime = await createRuntime(config);
  runtime.events$.subscribe((event: FulcrumEvent) => console.log(event.type, runJitterBench));
  await runtime.apply('lb.yaml').catch((error: unknown) => error instanceof ConfigError && console.log(error.issues));
  return (await new HealthChecker({ timeoutMs: 1 }).checkAll()).components.slice();
}
void main();
`;

const kinds = [
  ['ES modules of Node.js', 'nodenext', 'module'],
  ['CommonJS', 'node16', 'commonjs'],
  ['a bundler', 'esnext', 'module'],
] as const;

for (const [title, module, type] of kinds) {
  test(`the types serve a project of ${title}`, (t) => {
    t.timeout(300_000);
    t.is(compile(`good-${module}`, module, type, app), '');
    const wrong = app.replace('scheduler', 'schedulr').replace(' satisfies ConfigDocument', '');
    t.regex(
      compile(
        `bad-${module}`,
        module,
        type,
        wrong.replace('(config)', '({ services: [{ name: "a", schedulr: "rr" }] })'),
      ),
      /schedulr/,
    );
  });
}

test('every document that a document links to is in the package, and no source map without its sources', (t) => {
  const missing: string[] = [];
  for (const file of [...files].filter((path) => path.endsWith('.md'))) {
    const text = readFileSync(join(packed, file), 'utf8').replace(/```.*?```/gsu, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/gu)) {
      if (/^[a-z]+:/u.test(target)) continue;
      const path = normalize(join(dirname(file), target)).replace(/\/$/u, '');
      const isThere = files.has(path) || [...files].some((each) => each.startsWith(`${path}/`));
      if (!isThere) missing.push(`${file}: ${target}`);
    }
  }
  t.deepEqual(missing, []);
  t.deepEqual(
    [...files].filter((path) => path.endsWith('.map')),
    [],
  );
});

test('whoever installs the package gets the release of msgpackr-extract that has its platform packages', (t) => {
  const { optionalDependencies, overrides } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
    readonly overrides?: object;
  };
  t.is(optionalDependencies?.['msgpackr-extract'], '3.0.4');
  // Overrides count in the project that is installed alone, so they would help nobody else.
  t.is(overrides, undefined);
});
