/**
 * A master that a bench can start and silence at will: `emitter.js JSON`, on the far host. It speaks, then is silent for
 * long enough that the backup takes over, and speaks again with a priority that takes the place back.
 */

import { nsFromMs } from '../../src/model/units.js';
import { PreciseClock } from '../../src/os/clock/precise-clock.js';
import { Poller } from '../../src/os/kernel/poller.js';
import { sendTo, socketAddress } from '../../src/os/kernel/socket-call.js';
import { openVrrpSockets } from '../../src/os/packets/vrrp-sockets.js';
import { makePunctual } from '../../src/os/process/realtime.js';
import { encodeAdvert, multicastGroup } from '../../src/wire/vrrp/advert.js';
import { encodePacket } from '../../src/wire/vrrp/packet.js';

export type EmitterInit = {
  readonly source: string;
  readonly interfaceIndex: number;
  readonly intervalMs: number;
  readonly rounds: number;
  /** Adverts before each silence. */
  readonly adverts: number;
  readonly silenceMs: number;
};

const init = JSON.parse(process.argv[2] ?? '{}') as EmitterInit;
const source = Uint8Array.from(init.source.split('.'), Number);
const group = multicastGroup('ipv4');
const interval = nsFromMs(init.intervalMs);
const addresses = [Uint8Array.of(10, 78, 0, 100)];
const message = encodeAdvert(
  { family: 'ipv4', vrid: 60, priority: 254, interval, addresses },
  source,
  group,
  'pseudo-header',
);
const packet = encodePacket('ipv4', source, group, message);
const { sender } = openVrrpSockets('ipv4', 'eth0', init.interfaceIndex);
const to = socketAddress(group, init.interfaceIndex);

// Punctual itself, so that what is measured is the backup.
makePunctual('auto');
const clock = new PreciseClock();
const poller = new Poller();
poller.watch([]);
let next = clock.now() + interval;
for (let round = 0; round < init.rounds; round += 1) {
  for (let count = 0; count < init.adverts; count += 1) {
    const wait = next - clock.now();
    if (wait > 0) poller.wait(wait);
    sendTo(sender, packet, to);
    next += interval;
  }
  process.stdout.write(`${round + 1}\n`);
  poller.wait(nsFromMs(init.silenceMs));
  next = clock.now();
}
