// Puts each thread's modules together, its libraries too: finding and compiling hundreds of files is most of a start. What threads share lies in threads/chunks/.
import { createRequire } from 'node:module';

const folder = 'dist/src/threads';

/** What finds files of its own beside itself, or is compiled for the machine; gRPC is loaded only where it is configured. */
const external = ['piscina', 'koffi', 'msgpackr-extract', '@grpc/*', 'redis', 'pg'];

export function bundleThreads() {
  // Not imported above: before the packages are installed there is none.
  const { buildSync } = createRequire(import.meta.url)('esbuild');
  buildSync({
    entryPoints: [`${folder}/*.js`],
    outdir: folder,
    chunkNames: 'chunks/[name]-[hash]',
    allowOverwrite: true,
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
