/**
 * `setInterval` and the npm package raw-socket: `addon-host.js JSON`. On the main thread, as that package hears and sends nothing in a
 * worker, so the app's garbage stops its adverts.
 */

import { VRRP_PROTOCOL } from '../../src/wire/vrrp/advert.js';
import { loadAddon } from '../support/addons.js';
import { type NaiveInit, naiveAdvert, startNaiveStorm } from './naive-advert.js';

const IPPROTO_IP = 0;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;

const init = JSON.parse(process.argv[2] ?? '{}') as NaiveInit;
const raw = loadAddon('raw-socket');
const socket = raw.createSocket({ protocol: VRRP_PROTOCOL, addressFamily: raw.AddressFamily.IPv4 });
const set = (option: number, value: Uint8Array): void =>
  socket.setOption(IPPROTO_IP, option, Buffer.from(value), value.byteLength);
set(IP_MULTICAST_IF, Uint8Array.from(init.address.split('.'), Number));
set(IP_MULTICAST_TTL, Uint8Array.of(255));
socket.on('error', (error) => {
  throw error;
});
const advert = Buffer.from(naiveAdvert(init));
setInterval(() => {
  socket.send(advert, 0, advert.byteLength, '224.0.0.18', (error) => {
    if (error !== null) throw error;
  });
}, init.intervalMs);
process.stdout.write('ready\n');
if (init.storm) startNaiveStorm();
