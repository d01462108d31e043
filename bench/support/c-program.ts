/** C programs of the bench: what is measured beside us with nothing around it. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Compiles a program, and answers with its path. */
export async function compileC(directory: string, name: string, source: string): Promise<string> {
  const file = join(directory, `${name}.c`);
  const binary = join(directory, name);
  writeFileSync(file, source);
  await run('gcc', ['-O2', '-pthread', '-o', binary, file]);
  return binary;
}
