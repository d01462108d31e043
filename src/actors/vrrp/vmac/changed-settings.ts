/** The kernel's settings that were changed for virtual MAC addresses, and their way back. */

import type { ChangedSetting, Setting } from '../../../machines/virtual-mac/kernel-settings.js';
import type { Sysctls } from '../../../os/kernel/sysctl.js';

/** Those that still have the value that they were given. Whoever changed one since then knows why. */
export function restoreSettings(changed: readonly ChangedSetting[], { read, write }: Sysctls): void {
  for (const { name, value, before } of changed) if (read(name) === value) write(name, before);
}

export class ChangedSettings {
  readonly #sysctls: Sysctls;
  readonly #remember: (changed: readonly ChangedSetting[]) => void;
  #changed: readonly ChangedSetting[] = [];

  /** `remember` is called before anything is changed: a later start undoes what a killed process left. */
  constructor(sysctls: Sysctls, remember: (changed: readonly ChangedSetting[]) => void) {
    this.#sysctls = sysctls;
    this.#remember = remember;
  }

  /** Answers with those that the kernel refused. */
  change(settings: readonly ChangedSetting[]): readonly string[] {
    const fresh = settings.filter(({ name }) => !this.#changed.some((known) => known.name === name));
    if (fresh.length === 0) return [];
    this.#changed = [...this.#changed, ...fresh];
    this.#remember(this.#changed);
    return writeSettings(fresh, this.#sysctls);
  }

  restore(isOver: (setting: ChangedSetting) => boolean): void {
    const over = this.#changed.filter(isOver);
    if (over.length === 0) return;
    restoreSettings(over, this.#sysctls);
    this.#changed = this.#changed.filter((setting) => !over.includes(setting));
    this.#remember(this.#changed);
  }
}

/** Answers with those that the kernel refused, such as `net/ipv4/conf/eth0/arp_ignore = 1 (EROFS)`. */
export const writeSettings = (settings: readonly Setting[], { write }: Sysctls): readonly string[] =>
  settings.flatMap(({ name, value }) => {
    const refused = write(name, value);
    // Without IPv6 there is nothing to be quiet about.
    if (refused === null || (refused === 'ENOENT' && name.startsWith('net/ipv6/'))) return [];
    return [`${name} = ${value} (${refused})`];
  });
