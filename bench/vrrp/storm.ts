/** Garbage, as an application makes it that V8 has to stop for: short-lived objects, and some that live long enough to move. */

const LIVE = 200_000;
const BURST_MS = 50;

/** Never ends; lets the event loop turn between bursts, so that the process can still be told to stop. */
export function startStorm(): void {
  const live: object[] = [];
  let round = 0;
  const burst = () => {
    const endMs = performance.now() + BURST_MS;
    while (performance.now() < endMs) {
      for (let index = 0; index < 1000; index += 1) {
        round += 1;
        live[round % LIVE] = { round, text: `item ${round}`, list: [round, round + 1, round + 2] };
      }
    }
    setImmediate(burst);
  };
  burst();
}
