/**
 * Connection synchronisation: the kernel's daemon sends what this node knows of connections while its VRRP instance is
 * master, and receives the peer's while it is not, so that they survive a failover.
 */

import type { Config, ConnectionSyncConfig } from '../../../model/config.js';
import { messageOf } from '../../../model/errors.js';
import type { VrrpState } from '../../../model/states.js';
import type { RequestResult } from '../../../os/netlink/netlink.js';
import type { IpvsDaemon, IpvsDaemonState } from '../../../wire/ipvs/types.js';
import type { IpvsRequest } from '../../../wire/ipvs/write.js';
import type { DriverContext } from '../../driver.js';
import type { IpvsKernel } from './kernel.js';

export class IpvsSync {
  readonly #kernel: Pick<IpvsKernel, 'send' | 'daemons'>;
  readonly #context: Pick<DriverContext, 'log' | 'event'>;
  #config: ConnectionSyncConfig | null;
  #states: ReadonlyMap<string, VrrpState> = new Map();
  /** What was started (or found as wanted) last, and so is ours to stop. */
  #ours: IpvsDaemon | null = null;
  #lastProblem: string | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    kernel: Pick<IpvsKernel, 'send' | 'daemons'>,
    context: Pick<DriverContext, 'log' | 'event'> & { readonly config: Config },
  ) {
    this.#kernel = kernel;
    this.#context = context;
    this.#config = context.config.dataplane.sync;
  }

  /** While a daemon runs, IPVS has no services that join IPv4 and IPv6. */
  get running(): boolean {
    return this.#ours !== null;
  }

  vrrpChanged(states: ReadonlyMap<string, VrrpState>): Promise<void> {
    this.#states = new Map(states);
    return this.repair();
  }

  configure(config: Config): Promise<void> {
    this.#config = config.dataplane.sync;
    return this.repair();
  }

  stop(): Promise<void> {
    this.#config = null;
    return this.repair();
  }

  /** Starts and stops daemons until what runs is what is wanted. Never rejects: a daemon must not hold up the table. */
  repair(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      try {
        await this.#repair();
        this.#lastProblem = null;
      } catch (error) {
        this.#tellProblem(messageOf(error));
      }
    });
    return this.#turn;
  }

  async #repair(): Promise<void> {
    const wanted = this.#wanted();
    // Without sync in the configuration, a daemon that someone else started is none of our business.
    if (wanted === null && this.#ours === null) return;
    const found = await this.#kernel.daemons();
    const same = wanted !== null && found.some((daemon) => isSame(daemon, wanted));
    if (same && this.#ours === null) this.#ours = wanted;
    const wasRunning = this.#ours !== null && found.some((daemon) => daemon.state === this.#ours?.state);
    if (this.#ours !== null && !wasRunning) {
      const why = `the ${this.#ours.state} synchronisation daemon was stopped by someone else`;
      this.#context.event({ type: 'drift', op: 'sync-daemon', what: `sync ${this.#ours.interface}`, why });
    }
    const stops = found.filter((daemon) =>
      wanted === null ? daemon.state === this.#ours?.state : !isSame(daemon, wanted),
    );
    await this.#send(stops.map((daemon) => ({ kind: 'delDaemon', state: daemon.state, interface: '', syncId: 0 })));
    if (wanted !== null && !same) await this.#send([{ kind: 'newDaemon', daemon: wanted }]);
    if (stops.length > 0 || (wanted !== null && !same)) this.#tellChange(wanted);
    this.#ours = wanted;
  }

  #wanted(): IpvsDaemon | null {
    if (this.#config === null) return null;
    const { instance, interface: device, syncId, group, port, ttl } = this.#config;
    const state: IpvsDaemonState = this.#states.get(instance) === 'master' ? 'master' : 'backup';
    return { state, interface: device, syncId, maxLength: null, group, port, ttl };
  }

  async #send(requests: readonly IpvsRequest[]): Promise<void> {
    const results = requests.length === 0 ? [] : await this.#kernel.send(requests);
    const problems = results.map(problemOf).filter((problem) => problem !== null);
    if (problems.length > 0) throw new Error(problems.join(', '));
  }

  #tellChange(wanted: IpvsDaemon | null): void {
    const why =
      wanted === null ? 'not configured any more' : `VRRP instance ${this.#config?.instance ?? ''} is ${wanted.state}`;
    const what = wanted === null ? 'sync daemon' : `sync ${wanted.state} on ${wanted.interface}`;
    this.#context.event({ type: 'dataplane', op: 'sync-daemon', what, why });
    this.#context.log.info({ state: wanted?.state ?? null }, `connection synchronisation: ${what}: ${why}`);
  }

  /** Once each, since it is tried again with every look at the table. */
  #tellProblem(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    const message = `connection synchronisation cannot be set up: ${problem}`;
    this.#context.event({
      type: 'dataplane',
      op: 'sync-daemon failed',
      what: this.#config?.interface ?? '',
      why: message,
    });
    this.#context.log.error({ interface: this.#config?.interface ?? null }, message);
  }
}

/** The kernel rounds `maxLength`, and what is null was left to it. */
const isSame = (running: IpvsDaemon, wanted: IpvsDaemon): boolean =>
  running.state === wanted.state &&
  running.interface === wanted.interface &&
  running.syncId === wanted.syncId &&
  (wanted.group === null || running.group === wanted.group) &&
  (wanted.port === null || running.port === wanted.port) &&
  (wanted.ttl === null || running.ttl === wanted.ttl);

function problemOf(result: RequestResult): string | null {
  if (result.kind === 'done') return null;
  if (result.kind === 'unknown') return result.why;
  switch (result.code) {
    case 'ENODEV':
      return 'ENODEV: there is no such interface';
    case 'EINVAL':
      return 'EINVAL: a service joins IPv4 and IPv6, with which IPVS does not synchronise, or the interface is down or has no address';
    // Someone else stopped it, or started one, in between: the next look finds it so.
    case 'ESRCH':
    case 'EEXIST':
      return null;
    default:
      return result.code;
  }
}
