import type { Imported } from '../../import/document.js';
import { exitCode } from '../exit-code.js';
import type { Register } from '../program.js';

type Options = {
  readonly host?: string;
  readonly output?: string;
  readonly report?: string;
  readonly strict?: true;
  readonly json?: true;
};

type Import = (file: string, options: Options) => Promise<Imported>;

const programs: readonly { readonly name: string; readonly what: string; readonly read: Import }[] = [
  { name: 'keepalived', what: 'a configuration of keepalived', read: keepalived },
  { name: 'ipvsadm', what: 'what `ipvsadm -S -n` saves', read: ipvsadm },
];

export const register: Register = (program) => {
  const command = program.command('import').description("another program's configuration as one of Fulcrum");
  for (const { name, what, read } of programs) {
    command
      .command(`${name} <file>`)
      .description(`${what}, as one of Fulcrum; stderr says what was not carried over`)
      .option('--host <name>', "the host that it is for (default: this one's name)")
      .option('-o, --output <file>', 'write the configuration there instead of to stdout')
      .option('--report <file>', 'write there what was not carried over, instead of to stderr')
      .option('--strict', 'exit code 1 if anything was left out')
      .option('--json', 'print one JSON document')
      .action(async (file: string, options: Options) => {
        const { tell } = await import('../import/tell.js');
        const leftOut = tell(await read(file, options), { ...options, file, program: name });
        if (leftOut && options.strict === true) process.exitCode = exitCode.negative;
      });
  }
};

async function keepalived(file: string, { host }: Options): Promise<Imported> {
  const { importKeepalived } = await import('../../import/keepalived/index.js');
  const { readSource, sourceFiles } = await import('../import/source-files.js');
  const { hostname } = await import('node:os');
  const around = { host: host ?? hostname().replace(/\..*$/u, ''), env: process.env };
  return importKeepalived({ file, text: readSource(file), files: sourceFiles }, around);
}

async function ipvsadm(file: string): Promise<Imported> {
  const { importIpvsadm } = await import('../../import/ipvsadm/index.js');
  const { readSource } = await import('../import/source-files.js');
  return importIpvsadm(file, readSource(file));
}
