import test from 'ava';
import { DryNetlink } from '../../../src/actors/warm-up/dry-netlink.js';
import { netlinkRequestOf } from '../../../src/dataplane/drivers/ipvs/kernel.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { NetlinkClient } from '../../../src/os/netlink/netlink.js';

test('all that is sent to nowhere is done', async (t) => {
  const client = new NetlinkClient(() => new DryNetlink(), monotonicNow);
  for (const count of [1, 3, 200]) {
    const results = await client.send(new Array(count).fill(netlinkRequestOf({ kind: 'flush' }, 7)));
    t.deepEqual(results, new Array(count).fill({ kind: 'done' }));
  }
});
