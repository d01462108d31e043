/** keepalived on a host of a LAN, with one VRRP instance, and what it logs. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Heard } from '../rigs/vrrp/heard.js';
import type { Host } from '../rigs/vrrp/lan.js';

export type KeepalivedInit = {
  readonly priority: number;
  /** Default: 3. */
  readonly version?: 2 | 3;
  /** Of version 2. */
  readonly password?: string;
  /** Seconds, such as 0.1. */
  readonly interval: number;
  readonly vips: readonly string[];
  readonly vrid?: number;
  readonly nopreempt?: boolean;
  /** Unicast to these. */
  readonly peers?: readonly string[];
  /** `use_vmac vrrp.60`, and `vmac_xmit_base` where adverts leave by eth0. */
  readonly vmac?: 'vmac' | 'base';
  /** SCHED_RR at this priority, for its VRRP process. */
  readonly realtime?: number;
  /** More lines of the instance. */
  readonly more?: string;
};

export class Keepalived {
  readonly host: Host;
  /** Its configuration's file; gone with its end. */
  readonly file: string;
  readonly #log = new Heard<string>('keepalived');
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #ended: Promise<unknown>;

  constructor(host: Host, init: KeepalivedInit) {
    this.host = host;
    this.#directory = mkdtempSync(join(tmpdir(), 'fulcrum-keepalived-'));
    const file = (name: string) => join(this.#directory, name);
    this.file = file('conf');
    writeFileSync(this.file, configOf(host, init));
    const pids = ['-p', file('main.pid'), '-r', file('vrrp.pid'), '-c', file('checkers.pid')];
    this.#process = host.start('keepalived', '-n', '-l', '-D', '-P', '-f', this.file, ...pids);
    this.#ended = once(this.#process, 'exit');
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => this.#log.add(line));
    }
  }

  /** The next log line (from the `from`th on) that matches. */
  until(pattern: RegExp, from = 0): Promise<string> {
    return this.#log.until((line) => pattern.test(line), from, `${pattern}`);
  }

  becomes(state: 'MASTER' | 'BACKUP', from = 0): Promise<string> {
    return this.until(new RegExp(`Entering ${state} STATE`), from);
  }

  get mark(): number {
    return this.#log.mark;
  }

  /** As its service manager would: it resigns first. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.stop();
  }
}

function configOf(host: Host, init: KeepalivedInit): string {
  const lines = (name: string, items: readonly string[]) =>
    items.length === 0 ? '' : `  ${name} {\n${items.map((item) => `    ${item}\n`).join('')}  }\n`;
  const ipv6 = init.vips[0]?.includes(':') === true;
  return `
global_defs {
  vrrp_version ${init.version ?? 3}
  vrrp_garp_master_delay 1
${init.realtime === undefined ? '' : `  vrrp_rt_priority ${init.realtime}\n`}}
vrrp_instance vi1 {
  state BACKUP
  interface eth0
  virtual_router_id ${init.vrid ?? 60}
  priority ${init.priority}
  advert_int ${init.interval}
${init.vmac === undefined ? '' : `  use_vmac vrrp.${init.vrid ?? 60}\n`}${init.vmac === 'base' ? '  vmac_xmit_base\n' : ''}${ipv6 ? '  native_ipv6\n' : ''}${init.nopreempt === true ? '  nopreempt\n' : ''}${init.peers === undefined ? '' : `  unicast_src_ip ${ipv6 ? host.address6 : host.address}\n`}${lines(
  'unicast_peer',
  init.peers ?? [],
)}${lines(
  'authentication',
  init.password === undefined ? [] : ['auth_type PASS', `auth_pass ${init.password}`],
)}${lines(
  'virtual_ipaddress',
  init.vips.map((vip) => (init.vmac === undefined ? `${vip} dev eth0` : vip)),
)}${init.more ?? ''}}
`;
}
