/** FRRouting's vrrpd (and the zebra that it needs) on a host of a LAN, with one IPv4 VRRP version 3 router, and what it logs. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Heard } from '../rigs/vrrp/heard.js';
import type { Host } from '../rigs/vrrp/lan.js';
import { until } from '../until.js';

export const VRRPD = '/usr/lib/frr/vrrpd';
const ZEBRA = '/usr/lib/frr/zebra';
const VRID = 60;
/** The virtual router's own device, with the MAC address of RFC 9568 section 7.3. */
const DEVICE = 'vrrp4-60';

export type FrrInit = {
  readonly priority: number;
  readonly intervalMs: number;
  /** Such as `10.77.0.100/24`. */
  readonly vip: string;
};

export class Frr {
  readonly #log: Heard<string>;
  readonly #directory = mkdtempSync(join(tmpdir(), 'fulcrum-frr-'));
  readonly #daemons: ChildProcess[] = [];

  /** Resolves when it follows its configuration. */
  static async start(host: Host, init: FrrInit): Promise<Frr> {
    const frr = new Frr(host);
    try {
      await frr.#start(host, init);
    } catch (error) {
      await frr[Symbol.asyncDispose]();
      throw error;
    }
    return frr;
  }

  private constructor(host: Host) {
    this.#log = new Heard(`FRR on host ${host.number}`);
  }

  async #start(host: Host, { priority, intervalMs, vip }: FrrInit): Promise<void> {
    await host.run('ip', 'link', 'add', DEVICE, 'link', 'eth0', 'type', 'macvlan', 'mode', 'bridge');
    await host.run('ip', 'link', 'set', DEVICE, 'address', `00:00:5e:00:01:${VRID.toString(16)}`);
    await host.run('ip', 'addr', 'add', vip, 'dev', DEVICE);
    await host.run('ip', 'link', 'set', DEVICE, 'up');
    // The daemons become the user frr.
    chmodSync(this.#directory, 0o777);
    const file = (name: string) => join(this.#directory, name);
    writeFileSync(file('zebra.conf'), '');
    const group = `vrrp ${VRID}`;
    const lines = [
      `${group} version 3`,
      `${group} advertisement-interval ${intervalMs}`,
      `${group} priority ${priority}`,
      `${group} ip ${vip.split('/')[0]}`,
    ];
    writeFileSync(file('vrrpd.conf'), `debug vrrp protocol\ninterface eth0\n ${lines.join('\n ')}\n`);
    this.#run(host, ZEBRA, file('zebra.conf'), file('zebra.pid'));
    await until(() => existsSync(file('zserv')));
    this.#run(host, VRRPD, file('vrrpd.conf'), file('vrrpd.pid'));
    await this.becomes('Backup');
  }

  #run(host: Host, program: string, config: string, pid: string): void {
    const user = ['-u', 'frr', '-g', 'frr'];
    const places = ['-z', join(this.#directory, 'zserv'), '-i', pid, '--vty_socket', this.#directory, '-P', '0'];
    const daemon = host.start(program, ...user, ...places, '-f', config, '--log', 'stdout', '--log-level', 'debug');
    this.#daemons.unshift(daemon);
    for (const stream of [daemon.stdout, daemon.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#log.add(line));
    }
  }

  get mark(): number {
    return this.#log.mark;
  }

  /** The next change (from the `from`th log line on) to this state. */
  async becomes(state: 'Master' | 'Backup' | 'Initialize', from = 0): Promise<void> {
    const change = new RegExp(`VRID ${VRID}.* -> ${state}$`);
    await this.#log.until((line) => change.test(line.trim()), from, `that it is ${state}`);
  }

  /** As its service manager would: it resigns first. */
  async stop(): Promise<void> {
    for (const daemon of this.#daemons) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await ended;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
