import { constants } from 'node:os';
import test from 'ava';
import fc from 'fast-check';
import { ns } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { MAX_BATCH, NetlinkClient, NetlinkError, type WriteRequest } from '../../../src/os/netlink/netlink.js';
import { type NetlinkPort, openNetlink, type Received } from '../../../src/os/netlink/socket.js';
import { readFamily, writeFamilyLookup } from '../../../src/wire/netlink/generic.js';
import {
  attributeMap,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  readMessages,
  readText,
  readU8,
} from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';

const TYPE = 30;
const request =
  (value: number): WriteRequest =>
  (writer, { sequence, acknowledge }) => {
    writer.begin({ type: TYPE, flags: NLM_F_REQUEST | (acknowledge ? NLM_F_ACK : 0), sequence });
    writer.u8(1, value);
    writer.end();
  };
const dumpRequest: WriteRequest = (writer, { sequence }) => {
  writer.begin({ type: TYPE, flags: NLM_F_REQUEST | NLM_F_DUMP, sequence });
  writer.end();
};
const byteOf = (message: NetlinkMessage): number | null => readU8(attributeMap(message.payload)?.get(1));

const message = (type: number, flags: number, sequence: number, body: (writer: NetlinkWriter) => void): Uint8Array => {
  const writer = new NetlinkWriter();
  writer.begin({ type, flags, sequence });
  body(writer);
  writer.end();
  return writer.take();
};
const code = (errno: number): Uint8Array => new Uint8Array(new Int32Array([-errno]).buffer);
const acknowledgement = (sequence: number, errno: number): Uint8Array =>
  message(NLMSG_ERROR, 0, sequence, (writer) => writer.raw(code(errno)));
const entry = (sequence: number, value: number, flags = 0): Uint8Array =>
  message(TYPE, NLM_F_MULTI | flags, sequence, (writer) => writer.u8(1, value));
const done = (sequence: number): Uint8Array =>
  message(NLMSG_DONE, NLM_F_MULTI, sequence, (writer) => writer.raw(code(0)));

const datagram = (bytes: Uint8Array): Received => ({ kind: 'datagram', bytes });
const overrun: Received = { kind: 'lost', why: 'ENOBUFS' };

/** A kernel that answers each send with what `answer` makes of it. */
function client(answer: (requests: readonly NetlinkMessage[], sends: number) => readonly Received[] | number) {
  const queue: Received[] = [];
  const sends: number[] = [];
  let opened = 0;
  let time = 0;
  const open = (): NetlinkPort => {
    opened += 1;
    return {
      send(bytes) {
        const { items } = readMessages(bytes);
        sends.push(items.length);
        const said = answer(items, sends.length);
        if (typeof said === 'number') return said;
        queue.push(...said);
        return 0;
      },
      // Each look at an empty queue costs a second, so that a time limit is reached at once.
      receive: () => {
        const next = queue.shift();
        if (next === undefined) time += 1e9;
        return next ?? { kind: 'empty' };
      },
      close: () => queue.splice(0),
    };
  };
  const made = new NetlinkClient(open, () => ns(time));
  return { client: made, sends, opened: () => opened };
}

/** Refuses even values as Linux does: an answer for each failure, and for the last request in any case. */
const refusesEven = (requests: readonly NetlinkMessage[]): readonly Received[] =>
  requests.flatMap((one) => {
    const errno = (byteOf(one) ?? 0) % 2 === 0 ? constants.errno.EEXIST : 0;
    return errno !== 0 || (one.flags & NLM_F_ACK) !== 0 ? [datagram(acknowledgement(one.sequence, errno))] : [];
  });

test('what the kernel does not refuse is done, and each refusal finds its request', async (t) => {
  const { client: netlink, sends } = client(refusesEven);
  const results = await netlink.send([1, 2, 3, 4, 5].map(request));
  t.deepEqual(
    results.map((result) => (result.kind === 'refused' ? result.code : result.kind)),
    ['done', 'EEXIST', 'done', 'EEXIST', 'done'],
  );
  t.deepEqual(sends, [5]);
});

test('many requests go out in batches, and let other work run in between', async (t) => {
  const { client: netlink, sends } = client(refusesEven);
  let turns = 0;
  const tick = () => {
    turns += 1;
    if (turns < 1000) setImmediate(tick);
  };
  setImmediate(tick);
  const results = await netlink.send(Array.from({ length: 2 * MAX_BATCH + 1 }, (_, index) => request(index % 250)));
  t.deepEqual(sends, [MAX_BATCH, MAX_BATCH, 1]);
  t.is(results.length, 2 * MAX_BATCH + 1);
  t.true(turns >= 2);
});

test('after lost answers a silent request is unknown, and a refused one still refused', async (t) => {
  const { client: netlink } = client((requests) => [overrun, ...refusesEven(requests)]);
  const results = await netlink.send([1, 2, 3].map(request));
  t.deepEqual(
    results.map((result) => result.kind),
    ['unknown', 'refused', 'unknown'],
  );
  t.like(results[0], { why: 'ENOBUFS' });
});

test('lost answers with nothing behind them do not make it wait', async (t) => {
  const { client: netlink } = client(() => [overrun]);
  t.deepEqual(await netlink.send([request(1)]), [{ kind: 'unknown', why: 'ENOBUFS' }]);
});

test('messages that the kernel does not take at all are refused with its reason', async (t) => {
  const { client: netlink } = client(() => constants.errno.EPERM);
  t.deepEqual(await netlink.send([request(1)]), [{ kind: 'refused', code: 'EPERM', text: null }]);
  await t.throwsAsync(netlink.ask(request(1), byteOf), { instanceOf: NetlinkError, message: /EPERM/ });
});

test('an answer that never comes ends in the time limit, with a new socket', async (t) => {
  const { client: netlink, opened } = client((requests, sends) => (sends === 1 ? [] : refusesEven(requests)));
  t.deepEqual(await netlink.send([request(1)]), [{ kind: 'unknown', why: 'no answer in 2 s' }]);
  t.deepEqual(await netlink.send([request(1)]), [{ kind: 'done' }]);
  t.is(opened(), 2);
});

test('a late answer to an earlier request is not taken for this one’s', async (t) => {
  const { client: netlink } = client((requests, sends) =>
    sends === 1 ? [overrun] : [datagram(acknowledgement(1, constants.errno.ENOENT)), ...refusesEven(requests)],
  );
  await netlink.send([request(1)]);
  t.deepEqual(await netlink.send([request(3)]), [{ kind: 'done' }]);
});

test('a dump is read over many datagrams', async (t) => {
  const { client: netlink } = client(([one]) => {
    const sequence = one?.sequence ?? 0;
    return [
      datagram(new Uint8Array([...entry(sequence, 1), ...entry(sequence, 2)])),
      datagram(entry(sequence + 7, 99)),
      datagram(message(TYPE, NLM_F_MULTI, sequence, () => undefined)),
      datagram(entry(sequence, 3)),
      datagram(done(sequence)),
    ];
  });
  t.deepEqual(await netlink.dump(dumpRequest, byteOf), { items: [1, 2, 3], skipped: 1, restarts: 0 });
});

test('a dump starts again when the table changed meanwhile, and when a part was lost', async (t) => {
  const { client: netlink, opened } = client(([one], sends) => {
    const sequence = one?.sequence ?? 0;
    if (sends === 1) return [datagram(entry(sequence, 1, NLM_F_DUMP_INTR)), datagram(done(sequence))];
    if (sends === 2) return [datagram(entry(sequence, 1)), overrun];
    return [datagram(entry(sequence, 5)), datagram(done(sequence))];
  });
  t.deepEqual(await netlink.dump(dumpRequest, byteOf), { items: [5], skipped: 0, restarts: 2 });
  t.is(opened(), 2);
});

test('a dump that is interrupted each time is given up', async (t) => {
  const { client: netlink } = client(([one]) => [
    datagram(entry(one?.sequence ?? 0, 1, NLM_F_DUMP_INTR)),
    datagram(done(one?.sequence ?? 0)),
  ]);
  await t.throwsAsync(netlink.dump(dumpRequest, byteOf), { message: /changed during each of 9 attempts/ });
});

test('a question’s answer, and its refusal in the kernel’s words', async (t) => {
  const { client: netlink } = client(([one], sends) => {
    const sequence = one?.sequence ?? 0;
    if (sends === 1) return [datagram(entry(sequence, 7)), datagram(acknowledgement(sequence, 0))];
    const refusal = message(NLMSG_ERROR, 0x300, sequence, (writer) => {
      writer.raw(code(constants.errno.EINVAL));
      writer.raw(new Uint8Array(16));
      writer.text(1, 'no such thing');
    });
    return [datagram(refusal)];
  });
  t.is(await netlink.ask(request(1), byteOf), 7);
  await t.throwsAsync(netlink.ask(request(1), byteOf), { message: 'EINVAL: no such thing' });
});

test('exchanges that are asked for at once run one after the other', async (t) => {
  const { client: netlink, sends } = client(refusesEven);
  const all = await Promise.all([netlink.send([request(1)]), netlink.send([request(2)]), netlink.send([request(3)])]);
  t.deepEqual(
    all.map(([result]) => result?.kind),
    ['done', 'refused', 'done'],
  );
  t.deepEqual(sends, [1, 1, 1]);
});

test('a request that cannot be written fails alone', async (t) => {
  const { client: netlink } = client(refusesEven);
  const bad: WriteRequest = (writer, options) => {
    request(9)(writer, options);
    writer.begin({ type: TYPE, flags: 0, sequence: 0 });
    throw new RangeError('no address');
  };
  await t.throwsAsync(netlink.send([bad]), { message: 'no address' });
  t.deepEqual(await netlink.send([request(1)]), [{ kind: 'done' }]);
});

test('a closed client answers that it is closed', async (t) => {
  const { client: netlink } = client(refusesEven);
  netlink.close();
  await t.throwsAsync(netlink.send([request(1)]), { message: 'the socket is closed' });
});

test('random bytes as the kernel’s answer end in a result, never in a throw of ours', async (t) => {
  const answer = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map(datagram),
      fc.constant(overrun),
      fc
        .tuple(
          fc.constantFrom(NLMSG_ERROR, NLMSG_DONE, TYPE, 4),
          fc.nat(0xffff),
          fc.nat(4),
          fc.uint8Array({ maxLength: 30 }),
        )
        .map(([type, flags, sequence, payload]) =>
          datagram(message(type, flags, sequence, (writer) => writer.raw(payload))),
        ),
    ),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(answer, async (received) => {
      const results = await client(() => received).client.send([request(1), request(2), request(3)]);
      t.is(results.length, 3);
      await t.notThrowsAsync(
        client(() => received)
          .client.dump(dumpRequest, byteOf)
          .catch((error: unknown) => {
            if (!(error instanceof NetlinkError)) throw error;
          }),
      );
    }),
    { seed: 11, numRuns: 300 },
  );
});

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFINFO_BYTES = 16;

test('this machine’s links are dumped from the real kernel', async (t) => {
  const netlink = new NetlinkClient(() => openNetlink('route'), monotonicNow);
  const links: WriteRequest = (writer, { sequence }) => {
    writer.begin({ type: RTM_GETLINK, flags: NLM_F_REQUEST | NLM_F_DUMP, sequence });
    writer.raw(new Uint8Array(IFINFO_BYTES));
    writer.end();
  };
  const { items, skipped } = await netlink.dump(links, ({ type, payload }) =>
    type === RTM_NEWLINK ? readText(attributeMap(payload.subarray(IFINFO_BYTES))?.get(IFLA_IFNAME)) : null,
  );
  t.true(items.includes('lo'));
  t.is(skipped, 0);
  netlink.close();
});

test('the real kernel finds its own family, and refuses one that it has not', async (t) => {
  const netlink = new NetlinkClient(() => openNetlink('generic'), monotonicNow);
  const lookup =
    (name: string): WriteRequest =>
    (writer, { sequence }) =>
      writeFamilyLookup(writer, sequence, name);
  t.like(await netlink.ask(lookup('nlctrl'), readFamily), { id: 16, name: 'nlctrl' });
  const error = await t.throwsAsync(netlink.ask(lookup('NO_SUCH_FAMILY'), readFamily), { instanceOf: NetlinkError });
  t.is(error?.syscallCode, 'ENOENT');
  netlink.close();
});

test('answers that the real kernel drops, because the queue is full, are told as lost; the queue works on', (t) => {
  const port = openNetlink('generic');
  t.teardown(() => port.close());
  const writer = new NetlinkWriter();
  const ask = (count: number): number => {
    for (let sequence = 1; sequence <= count; sequence += 1) writeFamilyLookup(writer, sequence, 'NO_SUCH_FAMILY');
    return port.send(writer.take());
  };
  const drain = (): readonly Received['kind'][] => {
    const kinds: Received['kind'][] = [];
    for (let received = port.receive(); received.kind !== 'empty'; received = port.receive()) {
      if (received.kind === 'lost') t.is(received.why, 'ENOBUFS');
      kinds.push(received.kind);
    }
    return kinds;
  };
  // All of a client's batch finds room...
  t.is(ask(MAX_BATCH), 0);
  t.deepEqual(drain(), new Array(MAX_BATCH).fill('datagram'));
  // ...and this does not, whatever room this machine allows.
  t.is(ask(4000), 0);
  const kinds = drain();
  t.is(kinds.filter((kind) => kind === 'lost').length, 1);
  t.true(kinds.length < 4000);
  t.is(ask(1), 0);
  t.deepEqual(drain(), ['datagram']);
});
