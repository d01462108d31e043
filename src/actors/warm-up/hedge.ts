/** Runs the second thread's loop some thousands of times before the first real advert, as `vrrp.ts` does with the VRRP thread's. */
import type { PreciseClock } from '../../os/clock/precise-clock.js';
import { closeOwnedFd } from '../../os/kernel/owned-fd.js';
import { openSocketPair } from '../../os/kernel/socket-pair.js';
import { Board, newBoardMemory } from '../vrrp/hedge/board.js';
import { AdvertHedge } from '../vrrp/hedge/first-thread.js';
import { SecondThread } from '../vrrp/hedge/second-thread.js';

const ROUNDS = 4000;
/** At most so long, on a machine that is slow or busy. */
const WARM_NS = 300e6;
const AHEAD_NS = 20_000;
/** Nothing is due for so long: it sleeps. */
const CALM_NS = 600_000;
const INTERVAL_NS = 10e6;
const packet = new Uint8Array(40);

export function warmUpHedge(clock: PreciseClock): void {
  const board = new Board(newBoardMemory());
  board.tellReady();
  const advert = new AdvertHedge(board, clock, 'itself', () => {}).open();
  const second = new SecondThread(board, clock);
  const wire = openSocketPair();
  const nobody = new Uint8Array(0);
  advert?.load(wire.a, [{ address: nobody, advert: packet, resignation: packet, nothing: packet }]);
  const endNs = clock.now() + WARM_NS;
  for (let round = 0; round < ROUNDS && clock.now() < endNs; round += 1) {
    const deadlineNs = clock.now() + (round % 64 === 0 ? CALM_NS : AHEAD_NS);
    advert?.arm(deadlineNs, deadlineNs + INTERVAL_NS, INTERVAL_NS);
    while (clock.now() < deadlineNs) second.turn();
    second.turn();
    advert?.takeAtDeadline();
  }
  advert?.close();
  closeOwnedFd(wire.a);
  closeOwnedFd(wire.b);
}
