/** What the plain senders share: an advert that never changes, as their timers are what is compared, and the load beside it. */
import { Worker } from 'node:worker_threads';
import { nsFromMs } from '../../src/model/units.js';
import { encodeAdvert, multicastGroup } from '../../src/wire/vrrp/advert.js';
import { startStorm } from './storm.js';

export type NaiveInit = { readonly address: string; readonly intervalMs: number; readonly storm: boolean };

export function naiveAdvert({ address, intervalMs }: NaiveInit): Uint8Array {
  const source = Uint8Array.from(address.split('.'), Number);
  const virtual = Uint8Array.of(10, 78, 0, 100);
  const fields = {
    family: 'ipv4',
    vrid: 60,
    priority: 200,
    interval: nsFromMs(intervalMs),
    addresses: [virtual],
  } as const;
  return encodeAdvert(fields, source, multicastGroup('ipv4'), 'pseudo-header');
}

/** On the main thread and in a worker. */
export function startNaiveStorm(): void {
  new Worker(new URL('./storm-worker.js', import.meta.url));
  startStorm();
}
