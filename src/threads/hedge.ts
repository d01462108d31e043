/** Entry point of the second thread of hedged adverts. */
import { workerData } from 'node:worker_threads';
import { Board } from '../actors/vrrp/hedge/board.js';
import { SecondThread } from '../actors/vrrp/hedge/second-thread.js';
import type { HedgeInit } from '../actors/vrrp/hedge/start.js';
import { warmUpHedge } from '../actors/warm-up/hedge.js';
import { PreciseClock } from '../os/clock/precise-clock.js';
import { AF_INET, IPPROTO_RAW, openSocket, SOCK_RAW, sendTo, socketAddress } from '../os/kernel/socket-call.js';
import { bindToProcessor } from '../os/process/processors.js';
import { HEDGE_PRIORITY, isRealtime, makePunctual } from '../os/process/realtime.js';
import { multicastGroup } from '../wire/vrrp/advert.js';

const { memory, processor } = workerData as HedgeInit;
const board = new Board(memory);
const clock = new PreciseClock();
warmUpHedge(clock);
bindToProcessor(processor);
if (isRealtime(makePunctual('auto', HEDGE_PRIORITY))) {
  board.tellReady();
  const socket = openSocket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  const group = socketAddress(multicastGroup('ipv4'), 0);
  // Of no length: the kernel refuses it.
  const nothing = new Uint8Array(0);
  new SecondThread(board, clock, () => void sendTo(socket, nothing, group)).run();
}
