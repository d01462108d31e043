/** Network namespaces of a test's own, and this thread inside one of them for the length of a call. Needs root and `ip`. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { check, libc } from '../../../../src/os/kernel/libc.js';
import { toolPath } from '../../peers/tool-path.js';

const setns = libc.func('int setns(int fd, int type)');
const CLONE_NEWNET = 0x40000000;
let created = 0;

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { PATH: toolPath() } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

export type Namespace = {
  readonly name: string;
  /** Runs a command in it; throws with what it wrote to stderr. */
  exec(...command: string[]): void;
  /** Loads a table of nftables rules, in the place of the one before. */
  rules(text: string): void;
  /** Sockets that `action` opens belong to the namespace for good; it must not be asynchronous. */
  inside<T>(action: () => T): T;
};

/** Two hosts on one wire: `10.77.0.1` and `fd77::1`, `10.77.0.2` and `fd77::2`. `remove` when done. */
export function createWire(): { readonly a: Namespace; readonly b: Namespace; remove(): void } {
  created += 1;
  const prefix = `fc${process.pid}-${created}`;
  const names = [`${prefix}a`, `${prefix}b`] as const;
  const remove = (): void => {
    for (const name of names) spawnSync('ip', ['netns', 'del', name]);
  };
  try {
    for (const name of names) {
      run('ip', 'netns', 'add', name);
      run('ip', '-n', name, 'link', 'set', 'lo', 'up');
      // Else neighbours are not heard in the first second.
      run(
        'ip',
        'netns',
        'exec',
        name,
        'sysctl',
        '-qw',
        'net.ipv6.conf.all.accept_dad=0',
        'net.ipv6.conf.default.accept_dad=0',
      );
    }
    const [first, second] = names;
    run('ip', '-n', first, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', second);
    names.forEach((name, index) => {
      run('ip', '-n', name, 'address', 'add', `10.77.0.${index + 1}/24`, 'dev', 'wire');
      run('ip', '-n', name, 'address', 'add', `fd77::${index + 1}/64`, 'dev', 'wire', 'nodad');
      run('ip', '-n', name, 'link', 'set', 'wire', 'up');
    });
    for (const name of names) waitForCarrier(name);
    return { a: namespace(first), b: namespace(second), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The kernel tells its upper half of a carrier up to a second later; before that no IPv6 leaves. */
function waitForCarrier(name: string): void {
  const isUp = (): boolean =>
    spawnSync('ip', ['-n', name, 'link', 'show', 'wire'], { encoding: 'utf8' }).stdout.includes('state UP');
  while (!isUp()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

const namespace = (name: string): Namespace => ({
  name,
  exec: (...command) => run('ip', 'netns', 'exec', name, ...command),
  rules(text) {
    // Declared first, so that there is one to delete.
    run('ip', 'netns', 'exec', name, 'nft', `table inet test; delete table inet test; table inet test { ${text}\n}`);
  },
  inside(action) {
    const own = openSync('/proc/thread-self/ns/net', 'r');
    const other = openSync(`/run/netns/${name}`, 'r');
    try {
      check('setns', setns(other, CLONE_NEWNET));
      return action();
    } finally {
      check('setns', setns(own, CLONE_NEWNET));
      closeSync(own);
      closeSync(other);
    }
  },
});
