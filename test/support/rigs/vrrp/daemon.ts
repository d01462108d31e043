/** A whole daemon, `fulcrum run`, on a host of a LAN, followed by what it logs. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { VrrpState } from '../../../../src/model/states.js';
import { Heard } from './heard.js';
import type { Host } from './lan.js';

const program = fileURLToPath(new URL('../../../../../bin/fulcrum.js', import.meta.url));

type LogRecord = { readonly [field: string]: unknown };

export class VrrpDaemon {
  readonly host: Host;
  readonly #log: Heard<LogRecord>;
  readonly #process: ChildProcess;
  readonly #directory = mkdtempSync(join(tmpdir(), 'fulcrum-vrrp-daemon-'));
  readonly #ended: Promise<unknown>;
  /** Later than the end: all its output has been read. */
  readonly #closed: Promise<unknown>;

  /** Adds a state directory to the document, and leaves the doors closed. `wrapper` is what runs the program, such as setpriv. */
  constructor(host: Host, document: object, wrapper: readonly string[] = []) {
    this.host = host;
    this.#log = new Heard(`the daemon on host ${host.number}`);
    const file = join(this.#directory, 'config.yaml');
    const common = {
      node: { name: `host${host.number}`, state_dir: this.#directory },
      control: { socket: null, http: null, grpc: null },
      runtime: { monitor_shards: 1, proxy_threads: 1 },
    };
    writeFileSync(file, JSON.stringify({ ...common, ...document }));
    const [command, ...args] = [...wrapper, process.execPath, program, 'run', '-c', file];
    this.#process = host.start(command ?? program, ...args);
    this.#ended = once(this.#process, 'exit');
    this.#closed = once(this.#process, 'close');
    const { stderr } = this.#process;
    if (stderr === null) throw new Error('no stderr');
    createInterface(stderr).on('line', (line) => this.#log.add(recordOf(line)));
    this.#process.stdout?.resume();
  }

  get mark(): number {
    return this.#log.mark;
  }

  /** The next change (from the `from`th record on) of an instance to this state; answers with its reason. */
  async becomes(state: VrrpState, from = 0, instance = 'vi1'): Promise<string> {
    const fits = (record: LogRecord) => record['instance'] === instance && record['to'] === state;
    return String((await this.#log.until(fits, from, `that ${instance} is ${state}`))['why']);
  }

  /** The next record (from the `from`th on) whose JSON matches. */
  async logged(pattern: RegExp, from = 0): Promise<void> {
    await this.#log.until((record) => pattern.test(JSON.stringify(record)), from, `${pattern}`);
  }

  /** States of an instance, in their order. */
  states(instance = 'vi1'): unknown[] {
    return this.#log.items.filter((record) => record['instance'] === instance && 'to' in record).map(({ to }) => to);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Its exit code and all that it said, when it ends by itself. */
  async refused(): Promise<{ readonly code: number | null; readonly said: string }> {
    await this.#closed;
    return {
      code: this.#process.exitCode,
      said: this.#log.items.map((record) => String(record['message'])).join('\n'),
    };
  }

  /** Sends the signal, and answers with the exit code; null for a process that was killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    // `ip netns exec` becomes the program, so this is the daemon itself.
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill(signal);
    await this.#ended;
    rmSync(this.#directory, { recursive: true, force: true });
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}

function recordOf(line: string): LogRecord {
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    return { message: line };
  }
}
