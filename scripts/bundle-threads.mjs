// Puts each thread's modules together, its libraries too: finding and compiling hundreds of files is most of a start. What threads share lies in threads/chunks/.
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const folder = 'dist/src/threads';
export const CHUNKS = `${folder}/chunks`;

/** What finds files of its own beside itself, or is compiled for the machine; gRPC is loaded only where it is configured. */
const external = ['piscina', 'koffi', 'msgpackr-extract', '@grpc/*', 'redis', 'pg'];

/** A bundle takes the place of what the compiler made of its entry; all else is taken as compiled, as some is found by its file's name. */
const compiled = {
  name: 'compiled',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.?\// }, ({ path, importer }) =>
      importer.startsWith(resolve('src/threads')) ? { path: resolve(folder, path) } : undefined,
    ),
};

export async function bundleThreads() {
  // Not imported above: before the packages are installed there is none.
  const { build } = createRequire(import.meta.url)('esbuild');
  rmSync(CHUNKS, { recursive: true, force: true });
  await build({
    entryPoints: ['src/threads/*.ts'],
    plugins: [compiled],
    outdir: folder,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    // Libraries in CommonJS ask for Node's modules by require().
    banner: {
      js: "import { createRequire as $$createRequire } from 'node:module'; const require = $$createRequire(import.meta.url);",
    },
    legalComments: 'inline',
    logLevel: 'warning',
  });
}
