/** Sends an instance's adverts, whole packets made in advance, and counts how late they are. Sending allocates nothing. */

import type { RouterSettings } from '../../../machines/vrrp/router.js';
import { advertFamily, advertisedAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import type { Nanoseconds } from '../../../model/units.js';
import type { PreciseClock } from '../../../os/clock/precise-clock.js';
import { errno, errnoName } from '../../../os/kernel/libc.js';
import { sendTo } from '../../../os/kernel/socket-call.js';
import type { ChecksumForm } from '../../../wire/vrrp/advert.js';
import type { HmacAuthentication } from '../authentication/hmac.js';
import type { HedgedAdvert, Taken } from '../hedge/first-thread.js';
import type { InstanceAlarms } from '../instance-alarms.js';
import type { InstanceCounts } from './counts.js';
import { buildPackets, type Packets } from './packets.js';
import { passwordOf } from './read-rules.js';

export class AdvertSender {
  /** The deadline that is being acted on; NaN while none is. */
  dueNs = Number.NaN;
  readonly #clock: PreciseClock;
  readonly #counts: InstanceCounts;
  readonly #alarms: InstanceAlarms;
  readonly #authentication: HmacAuthentication;
  /** The deadline that the next advert was signed for; NaN while it is not. */
  #signedForNs = Number.NaN;
  /** Null: this thread sends alone. */
  readonly #hedged: HedgedAdvert | null;
  /** The second thread has other packets, or another socket, than there are now. */
  #changed = true;
  /** What is to be sent next, the second thread has sent. */
  #isSent = false;
  #form: ChecksumForm = 'pseudo-header';
  #packets: Packets | null = null;
  /** They are to be signed. */
  #hasTrailer = false;
  /** What the packets are made of. */
  #key = '';
  /** The socket; negative while there is none. */
  #fd = -1;

  constructor(
    clock: PreciseClock,
    counts: InstanceCounts,
    alarms: InstanceAlarms,
    authentication: HmacAuthentication,
    hedged: HedgedAdvert | null,
  ) {
    this.#clock = clock;
    this.#authentication = authentication;
    this.#hedged = hedged;
    this.#counts = counts;
    this.#alarms = alarms;
  }

  /** What the checksum covers from now on. */
  use(form: ChecksumForm): void {
    if (form === this.#form) return;
    this.#changed = true;
    this.#signedForNs = Number.NaN;
    this.#form = form;
  }

  /** Sends by this socket. */
  bind(fd: number): void {
    // Another socket may have got the number.
    this.#changed = true;
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
    const password = passwordOf(config);
    const to = config.mode === 'unicast' ? peers : [];
    const { version } = config;
    const hasTrailer = this.#authentication.signs;
    // Another key or another window may sign it.
    this.#signedForNs = Number.NaN;
    const key = [
      version,
      hasTrailer,
      priority,
      intervalNs,
      interfaceIndex,
      source,
      password,
      ...addresses,
      'to',
      ...to,
    ].join(' ');
    if (key === this.#key) return;
    this.#key = key;
    this.#changed = true;
    this.#hasTrailer = hasTrailer;
    const router = { version, family: advertFamily(config), vrid: config.vrid };
    const plan = { ...router, priority, interval: intervalNs, addresses, password, hasTrailer };
    const isFramed = config.vmac !== false && config.vmac.transmit === 'vmac';
    this.#packets = buildPackets({ ...plan, source, peers: to, interfaceIndex, isFramed });
    // So that the first one at a deadline finds all of it loaded.
    if (hasTrailer) this.#sign('resignation', this.#clock.now());
  }

  send(what: 'advert' | 'resignation'): void {
    if (this.#packets === null || this.#fd < 0) return;
    if (this.#isSent) {
      this.#wasSent();
      return;
    }
    const nowNs = this.#clock.now();
    if (this.#hasTrailer && !this.#isSigned(what)) this.#sign(what, nowNs);
    if (this.#put(what)) this.#counts.sent += 1;
    else this.#tellUnsent(errno(), nowNs);
    this.#signedHasLeft();
    if (!Number.isNaN(this.dueNs)) {
      this.#counts.late(nowNs - this.dueNs, nowNs);
      if (this.#hedged?.wasWatched === true) this.#counts.sentByFirst += 1;
      else this.#counts.sentAlone += 1;
    }
    this.dueNs = Number.NaN;
  }

  /** Lets the second thread send the next advert too. While none is armed. */
  arm(deadlineNs: number, intervalNs: number): void {
    const outgoing = this.#packets?.[this.#form];
    if (outgoing === undefined) return;
    const isUnsigned = this.#hasTrailer && this.#signedForNs !== deadlineNs;
    if (isUnsigned) {
      this.#sign('advert', deadlineNs);
      this.#signedForNs = deadlineNs;
    }
    if (this.#hedged === null) return;
    if (this.#changed) this.#hedged.load(this.#fd, outgoing);
    else if (isUnsigned && !this.#hedged.reload(outgoing)) return;
    this.#changed = false;
    // A peer's patience is three times as long; after that one listens before one speaks.
    this.#hedged.arm(deadlineNs, deadlineNs + intervalNs, intervalNs);
  }

  /** No further advert is to be armed for now. */
  rest(): void {
    this.#hedged?.rest();
  }

  /** At the deadline of what is armed. If the second thread was sooner, the next `send` counts what it sent. */
  takeAtDeadline(): Taken {
    return this.#took(this.#hedged?.takeAtDeadline());
  }

  /** The same at any other time, before anything is sent or changed. */
  takeBack(): Taken {
    return this.#took(this.#hedged?.takeBack());
  }

  close(): void {
    this.#hedged?.close();
  }

  #took(taken: Taken = 'ours'): Taken {
    this.#isSent = taken === 'sent-by-second';
    return taken;
  }

  #wasSent(): void {
    this.#isSent = false;
    const nowNs = this.#clock.now();
    const { sentAtNs = Number.NaN, errno: refused = 0 } = this.#hedged ?? {};
    if (refused === 0) this.#counts.sent += 1;
    else this.#tellUnsent(refused, nowNs);
    this.#counts.sentBySecond += 1;
    this.#signedHasLeft();
    this.#counts.late((Number.isNaN(sentAtNs) ? nowNs : sentAtNs) - this.dueNs, nowNs);
    this.dueNs = Number.NaN;
  }

  /** The same way to the kernel and through it, as far as one packet that is none gets: it is refused, and nothing leaves. */
  rehearse(): void {
    if (this.#fd >= 0) this.#put('nothing');
  }

  /** In advance, for this deadline. */
  #isSigned(what: 'advert' | 'resignation'): boolean {
    return what === 'advert' && this.#signedForNs === this.dueNs && this.#authentication.isTimely;
  }

  #signedHasLeft(): void {
    this.#signedForNs = Number.NaN;
    if (this.#hasTrailer) this.#authentication.sent();
  }

  #sign(what: 'advert' | 'resignation', atNs: number): void {
    const outgoing = this.#packets?.[this.#form];
    if (outgoing !== undefined) this.#authentication.sign(outgoing, what, atNs);
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

  #tellUnsent(reason: number, nowNs: Nanoseconds): void {
    this.#counts.unsent += 1;
    if (this.#alarms.isQuiet('unsent', nowNs)) return;
    this.#alarms.raise('unsent', `sending failed: ${errnoName(reason)}`, nowNs);
  }
}
