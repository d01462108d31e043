// Writes an `index.d.cts` beside each of the package's doors. The code is ES modules, which CommonJS loads by `require` on every
// supported Node.js; but TypeScript, with `module: node16`, takes declarations for CommonJS from such a file alone.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const doors = ['dist/src/index', 'dist/src/health/index', 'dist/bench/index'];
const MODE = "with { 'resolution-mode': 'import' }";

export function writeCommonJsTypes() {
  for (const door of doors) {
    const text = readFileSync(`${door}.d.ts`, 'utf8');
    const lines = [];
    for (const [, typesOnly, list, from] of text.matchAll(/^export (type )?\{([^}]*)\} from '([^']+)';$/gmu)) {
      const names = list.split(',').flatMap((name) => name.trim() || []);
      const isType = (name) => typesOnly !== undefined || name.startsWith('type ');
      const types = names.filter(isType).map((name) => name.replace(/^type /u, ''));
      const values = names.filter((name) => !isType(name));
      if (types.length > 0) lines.push(`export type { ${types.join(', ')} } from '${from}' ${MODE};`);
      const declarations = readFileSync(join(dirname(door), from.replace(/\.js$/u, '.d.ts')), 'utf8');
      for (const name of values) {
        lines.push(`import type { ${name} as ${name}_ } from '${from}' ${MODE};`);
        lines.push(`export declare const ${name}: typeof ${name}_;`);
        const namesType = new RegExp(`^export (?:declare )?(?:abstract )?(?:class|interface|type) ${name}\\b`, 'mu');
        if (namesType.test(declarations)) lines.push(`export type ${name} = ${name}_;`);
      }
    }
    if (lines.length === 0) throw new Error(`${door}.d.ts exports nothing that this script understands`);
    writeFileSync(`${door}.d.cts`, `${lines.join('\n')}\n`);
  }
}
