import test from 'ava';
import { DryNetlink } from '../../../src/actors/dataplane/dry-netlink.js';
import { monotonicNow } from '../../../src/net/clock.js';
import { NetlinkClient } from '../../../src/net/netlink.js';
import { writeIpvsRequest } from '../../../src/wire/ipvs.js';

test('all that is sent to nowhere is done', async (t) => {
  const client = new NetlinkClient(() => new DryNetlink(), monotonicNow);
  const flush = { kind: 'flush' } as const;
  for (const count of [1, 3, 200]) {
    const results = await client.send(
      new Array(count)
        .fill(flush)
        .map((request) => (writer, options) => writeIpvsRequest(writer, request, { ...options, family: 7 })),
    );
    t.deepEqual(results, new Array(count).fill({ kind: 'done' }));
  }
});
