// npm start: from a fresh clone to a running daemon on the demo configuration.
import { ensureInstalled } from './install.mjs';

ensureInstalled();
const { build } = await import('./build.mjs');
await build();
process.argv.splice(2, 0, 'run', '-c', 'examples/demo.yaml');
await import('../dist/src/cli/main.js');
