/** A process that is nothing but load: `burner.js KIND`. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createRuntime } from '../../src/index.js';
import { checkFlood } from './hosts.js';
import { startStorm } from './storm.js';

switch (process.argv[2]) {
  case 'garbage':
    new Worker(new URL('./storm-worker.js', import.meta.url));
    startStorm();
    break;
  case 'cpu':
    spinForEver();
    break;
  case 'disk':
    writeForEver();
    break;
  case 'checks':
    await createRuntime({
      node: { name: 'flood' },
      control: { socket: null, http: null, grpc: null },
      ...checkFlood(),
    });
    break;
  default:
    throw new Error(`no such load: ${process.argv[2]}`);
}

function spinForEver(): void {
  for (;;);
}

function writeForEver(): void {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-disk-'));
  process.on('exit', () => rmSync(directory, { recursive: true }));
  const block = Buffer.alloc(1 << 20, 7);
  const fd = openSync(join(directory, 'load'), 'w');
  try {
    // The same 64 MB again and again, each block forced to the disk.
    for (let round = 0; ; round += 1) {
      writeSync(fd, block, 0, block.length, (round % 64) * block.length);
      fsyncSync(fd);
    }
  } finally {
    closeSync(fd);
  }
}
