/** A Fulcrum VRRP node on a LAN: the real actor in its own thread and process, and what it says. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EventBody } from '../../../../src/model/observing/events.js';
import type { StateItem } from '../../../../src/model/observing/state-item.js';
import type { VrrpView } from '../../../../src/model/observing/views.js';
import type { VrrpState } from '../../../../src/model/states.js';
import type { VrrpInit } from '../../fixtures/vrrp-config.js';
import { Heard } from './heard.js';
import type { Host } from './lan.js';

const main = fileURLToPath(new URL('../../programs/vrrp-node-main.js', import.meta.url));
export type Said = { readonly what: string; readonly value: unknown };

export class VrrpNode {
  readonly host: Host;
  readonly #heard: Heard<Said>;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** Resolves when the actor is ready or has refused. */
  static async start(host: Host, init: VrrpInit): Promise<VrrpNode> {
    const node = new VrrpNode(host, init);
    await node.until(({ what }) => what === 'ready' || what === 'refused');
    return node;
  }

  private constructor(host: Host, init: VrrpInit) {
    this.host = host;
    this.#heard = new Heard(`host ${host.number}`);
    this.#process = host.start(process.execPath, main, JSON.stringify(init));
    this.#ended = once(this.#process, 'exit');
    this.#process.stderr?.pipe(process.stderr);
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('no stdout');
    createInterface(stdout).on('line', (line) => {
      this.#heard.add(JSON.parse(line) as Said);
    });
  }

  command(command: string, value: unknown = null): void {
    this.#process.stdin?.write(`${JSON.stringify({ command, value })}\n`);
  }

  get said(): readonly Said[] {
    return this.#heard.items;
  }

  /** The first thing said (from the `from`th on) that fits. */
  until(fits: (said: Said) => boolean, from = 0): Promise<Said> {
    return this.#heard.until(fits, from);
  }

  /** The next change (from the `from`th thing said on) of an instance to this state; answers with its reason. */
  async becomes(state: VrrpState, from = 0, instance = 'vi1'): Promise<string> {
    const said = await this.until(({ what, value }) => {
      const body = value as EventBody;
      return what === 'event' && body.type === 'vrrp-state' && body.instance === instance && body.to === state;
    }, from);
    return (said.value as { why: string }).why;
  }

  async alarm(alarm: string, from = 0): Promise<string> {
    const said = await this.until(
      ({ what, value }) => what === 'event' && (value as { alarm?: string }).alarm === alarm,
      from,
    );
    return (said.value as { why: string }).why;
  }

  /** What it says from now on has this number. */
  get mark(): number {
    return this.#heard.mark;
  }

  /** The next pushed view that fits. */
  async view(fits: (view: VrrpView) => boolean = () => true, instance = 'vi1'): Promise<VrrpView> {
    const said = await this.until(({ what, value }) => {
      const item = value as StateItem | null;
      return what === 'state' && item?.type === 'vrrp' && item.view.name === instance && fits(item.view);
    }, this.mark);
    return (said.value as Extract<StateItem, { type: 'vrrp' }>).view;
  }

  states(): VrrpState[] {
    return this.said.flatMap(({ what, value }) => {
      const body = value as EventBody;
      return what === 'event' && body.type === 'vrrp-state' ? [body.to as VrrpState] : [];
    });
  }

  /** As SIGTERM does to a daemon. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.command('stop');
    await this.until(({ what }) => what === 'stopped');
    await this.kill();
  }

  async kill(): Promise<void> {
    // `ip netns exec` becomes the program, so this is the node itself.
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
