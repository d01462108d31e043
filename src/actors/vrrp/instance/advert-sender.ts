/** Sends an instance's adverts, whole packets made in advance, and counts how late they are. Sending allocates nothing. */

import type { RouterSettings } from '../../../machines/vrrp/router.js';
import { advertFamily, advertisedAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import type { Nanoseconds } from '../../../model/units.js';
import type { PreciseClock } from '../../../os/clock/precise-clock.js';
import { errnoName } from '../../../os/kernel/libc.js';
import { sendTo } from '../../../os/kernel/socket-call.js';
import type { ChecksumForm } from '../../../wire/vrrp/advert.js';
import type { InstanceAlarms } from '../instance-alarms.js';
import type { InstanceCounts } from './counts.js';
import { buildPackets, type Packets } from './packets.js';

export class AdvertSender {
  /** The deadline that is being acted on; NaN while none is. */
  dueNs = Number.NaN;
  readonly #clock: PreciseClock;
  readonly #counts: InstanceCounts;
  readonly #alarms: InstanceAlarms;
  #form: ChecksumForm = 'pseudo-header';
  #packets: Packets | null = null;
  /** What the packets are made of. */
  #key = '';
  /** The socket; negative while there is none. */
  #fd = -1;

  constructor(clock: PreciseClock, counts: InstanceCounts, alarms: InstanceAlarms) {
    this.#clock = clock;
    this.#counts = counts;
    this.#alarms = alarms;
  }

  /** What the checksum covers from now on. */
  use(form: ChecksumForm): void {
    this.#form = form;
  }

  /** Sends by this socket. */
  bind(fd: number): void {
    this.#fd = fd;
  }

  /** Makes the packets anew where something of them has changed. */
  prepare(
    config: VrrpInstanceConfig,
    settings: RouterSettings,
    source: Uint8Array,
    peers: readonly Uint8Array[],
    interfaceIndex: number,
  ): void {
    const { priority, intervalNs } = settings;
    const addresses = advertisedAddresses(config);
    const to = config.mode === 'unicast' ? peers : [];
    const key = [priority, intervalNs, interfaceIndex, source, ...addresses, 'to', ...to].join(' ');
    if (key === this.#key) return;
    this.#key = key;
    const plan = { family: advertFamily(config), vrid: config.vrid, priority, interval: intervalNs, addresses };
    this.#packets = buildPackets({ ...plan, source, peers: to, interfaceIndex });
  }

  send(what: 'advert' | 'resignation'): void {
    if (this.#packets === null || this.#fd < 0) return;
    const nowNs = this.#clock.now();
    if (this.#put(what)) this.#counts.sent += 1;
    else this.#tellUnsent(nowNs);
    if (!Number.isNaN(this.dueNs)) this.#counts.late(nowNs - this.dueNs, nowNs);
    this.dueNs = Number.NaN;
  }

  /** The same way to the kernel and through it, as far as one packet that is none gets: it is refused, and nothing leaves. */
  rehearse(): void {
    if (this.#fd >= 0) this.#put('nothing');
  }

  /** False where a packet was refused. */
  #put(what: 'advert' | 'resignation' | 'nothing'): boolean {
    const outgoing = this.#packets?.[this.#form];
    if (outgoing === undefined) return true;
    let sent = true;
    for (let index = 0; index < outgoing.length; index += 1) {
      const to = outgoing[index];
      if (to !== undefined && sendTo(this.#fd, to[what], to.address) < 0) sent = false;
    }
    return sent;
  }

  #tellUnsent(nowNs: Nanoseconds): void {
    this.#counts.unsent += 1;
    if (!this.#alarms.isQuiet('unsent', nowNs)) this.#alarms.raise('unsent', `sending failed: ${errnoName()}`, nowNs);
  }
}
