/**
 * The interfaces with virtual MAC addresses of all instances: made before an instance needs them, made again when someone
 * removes them, and gone when no instance has them any more. Nothing here runs at a deadline.
 */

import { baseSettings, ownSettings } from '../../../machines/virtual-mac/kernel-settings.js';
import {
  failureText,
  isSameInterface,
  nextStep,
  type VirtualInterface,
  virtualInterface,
} from '../../../machines/virtual-mac/virtual-interface.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import type { Interface } from '../../../os/netlink/interface-table.js';
import type { LinkChange } from '../../../wire/netlink/link.js';
import { hardwareText } from '../../../wire/vrrp/announcement.js';
import type { VrrpDependencies } from '../dependencies.js';
import { REINSTALL_PERIOD_NS, REINSTALLS_AT_ONCE } from '../held/keeper.js';
import { ChangedSettings, writeSettings } from './changed-settings.js';

/** What the kernel refused is asked for again after this time. */
const RETRY_NS = 1e9;

/** `problem`: why it cannot be used, null = it can. */
export type VirtualState = { readonly link: Interface | null; readonly problem: string | null };

type Held = {
  readonly wanted: VirtualInterface;
  /** Its index since it was made. */
  index: number | null;
  /** So often in a row, the last time then. */
  made: number;
  madeAtNs: number;
  /** Not made before. */
  notBeforeNs: number;
  state: VirtualState;
};

export class VirtualInterfaces {
  readonly #dependencies: VrrpDependencies;
  readonly #settings: ChangedSettings;
  #held = new Map<string, Held>();
  /** When `keep` has something to do. */
  nextNs = Number.POSITIVE_INFINITY;

  constructor(dependencies: VrrpDependencies) {
    this.#dependencies = dependencies;
    this.#settings = new ChangedSettings(dependencies.sysctls, dependencies.rememberSettings);
  }

  /** Null where the instance has none. As `keep` found it. */
  stateOf({ vmac }: VrrpInstanceConfig): VirtualState | null {
    return vmac === false ? null : (this.#held.get(vmac.interface)?.state ?? { link: null, problem: null });
  }

  /** Makes what is missing of these instances, and removes what no instance has. */
  keep(configs: readonly VrrpInstanceConfig[], nowNs: number): void {
    this.nextNs = Number.POSITIVE_INFINITY;
    const wanted = new Map(configs.flatMap((config) => entryOf(virtualInterface(config))));
    for (const [name, held] of this.#held) {
      const next = wanted.get(name);
      if (next === undefined || !isSameInterface(held.wanted, next)) this.#drop(held);
    }
    for (const [name, each] of wanted) {
      const held = this.#held.get(name) ?? newlyHeld(each);
      this.#held.set(name, held);
      held.state = this.#advance(held, nowNs);
      if (held.notBeforeNs > nowNs) this.nextNs = Math.min(this.nextNs, held.notBeforeNs);
    }
    const bases = new Set([...this.#held.values()].map(({ wanted: { base } }) => base));
    this.#settings.restore(({ name }) => !bases.has(name.split('/')[3] ?? ''));
  }

  /** Removes all of them: nothing of ours is left. */
  close(): void {
    this.keep([], 0);
  }

  #advance(held: Held, nowNs: number): VirtualState {
    const { wanted } = held;
    const { interfaces } = this.#dependencies;
    const base = interfaces.byName(wanted.base);
    const found = interfaces.byName(wanted.name);
    const step = nextStep(wanted, base, found, held.index);
    if (step.kind === 'use') return { link: found, problem: null };
    if (step.kind === 'wait') return { link: null, problem: step.why };
    if (held.notBeforeNs > nowNs) return { link: null, problem: held.state.problem };
    if (nowNs - held.madeAtNs >= REINSTALL_PERIOD_NS) held.made = Math.min(held.made, 1);
    if (held.made > REINSTALLS_AT_ONCE) {
      held.notBeforeNs = held.madeAtNs + REINSTALL_PERIOD_NS;
      return { link: null, problem: `someone keeps removing interface ${wanted.name}; it is made again later` };
    }
    if (step.kind === 'remake' && found !== null) this.#change({ op: 'remove', index: found.index });
    const failure = this.#make(held, base?.index ?? 0);
    held.madeAtNs = nowNs;
    if (failure === null) return { link: interfaces.byName(wanted.name), problem: null };
    held.notBeforeNs = nowNs + RETRY_NS;
    return { link: null, problem: failureText(wanted, failure) };
  }

  /** Null = done; else an errno name. */
  #make(held: Held, base: number): string | null {
    const { name, hardware, base: baseName } = held.wanted;
    const { out, interfaces, sysctls } = this.#dependencies;
    const refused = this.#change({ op: 'add-macvlan', name, base, hardware });
    if (refused !== null) return refused;
    const index = interfaces.byName(name)?.index ?? null;
    if (index === null) return 'ENODEV';
    held.index = index;
    const unset = [
      ...this.#settings.change(baseSettings(baseName, sysctls.read)),
      ...writeSettings(ownSettings(held.wanted, sysctls.read), sysctls),
    ];
    if (unset.length > 0) {
      const what = `the kernel refused settings that the virtual MAC address of ${name} needs: set them on the host`;
      out.log.warn({ interface: name, refused: unset }, what);
    }
    const unraised = this.#change({ op: 'raise', index });
    if (unraised !== null) {
      this.#change({ op: 'remove', index });
      return unraised;
    }
    const again = held.made > 0;
    held.made += 1;
    const facts = { interface: name, over: baseName, mac: hardwareText(hardware) };
    if (again) out.log.warn(facts, `someone removed interface ${name}; it was made again`);
    else out.log.info(facts, `interface ${name} was made over ${baseName}`);
    return null;
  }

  #drop(held: Held): void {
    this.#held.delete(held.wanted.name);
    const found = this.#dependencies.interfaces.byName(held.wanted.name);
    if (found !== null && found.index === held.index) this.#change({ op: 'remove', index: found.index });
  }

  #change(change: LinkChange): string | null {
    return this.#dependencies.routes.changeLink(change);
  }
}

const entryOf = (wanted: VirtualInterface | null) => (wanted === null ? [] : [[wanted.name, wanted] as const]);

const newlyHeld = (wanted: VirtualInterface): Held => ({
  wanted,
  index: null,
  made: 0,
  madeAtNs: Number.NEGATIVE_INFINITY,
  notBeforeNs: 0,
  state: { link: null, problem: null },
});
