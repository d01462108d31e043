import test from 'ava';
import fc from 'fast-check';
import { TableWriter } from '../../../src/actors/engine/table-writer.js';
import type { DesiredService } from '../../../src/model/dataplane/desired-service.js';
import { entryOf } from '../../../src/model/dataplane/table.js';
import { isServiceNews, type ToDataplane, tableLink } from '../../../src/wire/links/tables.js';
import { desiredTable } from '../../support/fixtures/table.js';
import { startWriter, tableText, wanted } from '../../support/rigs/reconciler-rig.js';

/** A data plane that has written each message before the next one comes. */
async function start(...services: readonly DesiredService[]) {
  const rig = startWriter();
  const messages: ToDataplane[] = [];
  const told = new TableWriter({ out: { next: (message) => messages.push(message) }, backlog: () => messages.length });
  const settle = async () => {
    for (const message of messages.splice(0)) {
      if (message.kind === 'complete') rig.writer.complete();
      else if (isServiceNews(message)) rig.writer.touch(rig.writer.desired.hear(message));
      await rig.settle();
    }
  };
  told.tellAll(services);
  await settle();
  rig.calls.length = 0;
  rig.events.length = 0;
  return { rig, messages, told, settle, written: () => rig.calls.flat().map((change) => change.kind) };
}
const [first, second] = [{ address: '10.0.1.1' }, { address: '10.0.1.2' }];

test('two services that exchange their ports are never without either, and nobody is told of a problem', async (t) => {
  const { rig, told, settle, written } = await start(wanted('a', 80, [first]), wanted('b', 81, [second]));
  told.together(() => {
    told.tell(wanted('a', 81, [first]));
    told.tell(wanted('b', 80, [second]));
  });
  await settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.2:80*1', 'tcp 10.0.0.1:81 = 10.0.1.1:80*1']);
  t.deepEqual(written(), ['add-destination', 'remove-destination', 'add-destination', 'remove-destination']);
  t.deepEqual(rig.events, []);
  t.deepEqual(
    rig.writer.desired.services.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('a service that is renamed is not written, whatever else moves or goes', async (t) => {
  const { rig, told, settle, written } = await start(
    wanted('a', 80, [first]),
    wanted('b', 81, []),
    wanted('c', 82, []),
  );
  told.together(() => {
    told.remove('a');
    told.remove('c');
    told.tell(wanted('new', 80, [first]));
    told.tell(wanted('b', 83, []));
  });
  await settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1', 'tcp 10.0.0.1:83 =']);
  t.deepEqual(written(), ['add-service', 'remove-service', 'remove-service']);
  t.deepEqual(
    rig.events.map((event) => ('op' in event ? event.op : event.type)),
    ['add-service', 'remove-service', 'remove-service'],
  );
  // What did not change is not told again.
  told.together(() => told.tell(wanted('b', 83, [])));
  t.deepEqual(written().length, 3);
});

test('a service of any name that a configuration may have is no stand-in', async (t) => {
  const { rig, told, settle } = await start(wanted('a', 80, [first]), wanted('moved:a', 81, [second]));
  told.together(() => {
    told.remove('a');
    told.tell(wanted('new', 80, [first]));
    told.tell(wanted('moved:a', 81, [second]));
  });
  await settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1', 'tcp 10.0.0.1:81 = 10.0.1.2:80*1']);
  t.deepEqual(
    rig.writer.desired.services.map(({ name }) => name),
    ['moved:a', 'new'],
  );
});

test('of a service that was told before only what is different is told', async (t) => {
  const { rig, messages, told, settle, written } = await start(wanted('a', 80, [first, second]));
  told.tell(wanted('a', 80, [first, { ...second, weight: 7 }]));
  t.like(messages, [{ kind: 'splice', name: 'a', at: 1, count: 1, destinations: [{ weight: 7 }] }]);
  await settle();
  told.tell(wanted('a', 80, [first]));
  t.like(messages, [{ kind: 'splice', name: 'a', at: 1, count: 1, destinations: [] }]);
  await settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
  t.deepEqual(written(), ['set-destination', 'remove-destination']);
  told.tell(wanted('a', 80, [first]));
  t.deepEqual(messages, []);
});

test('a service whose own settings change is told whole, and so is one while messages wait', async (t) => {
  const { messages, told, settle } = await start(wanted('a', 80, [first]), wanted('b', 81, [first]));
  told.tell({ ...wanted('a', 80, [first]), scheduler: 'wrr' });
  told.tell(wanted('b', 81, [second]));
  t.deepEqual(
    messages.map(({ kind }) => kind),
    ['service', 'service'],
  );
  await settle();
  told.tell(wanted('b', 81, [first]));
  t.is(messages[0]?.kind, 'splice');
});

/** The sender's end of a link as `src/workers/links/link-end.ts` has it: a window, what waits by key, and peers that are replaced. */
class SlowLink {
  readonly taken: ToDataplane[] = [];
  #connected = true;
  #sent: ToDataplane[] = [];
  readonly #waiting = new Map<string, ToDataplane>();
  readonly #window: number;

  constructor(window: number) {
    this.#window = window;
  }

  readonly out = {
    next: (message: ToDataplane) => {
      if (this.#connected && this.#waiting.size === 0 && this.#sent.length < this.#window) {
        this.#sent.push(message);
        return;
      }
      const overflow = tableLink.aToB.overflow(message);
      if (overflow.kind !== 'coalesce') throw new Error(`${message.kind} does not coalesce`);
      this.#waiting.set(overflow.key, message);
    },
  };

  backlog(): number {
    return this.#sent.length + this.#waiting.size;
  }

  take(count: number): void {
    this.taken.push(...this.#sent.splice(0, count));
    if (!this.#connected) return;
    for (const [key, message] of this.#waiting) {
      if (this.#sent.length === this.#window) return;
      this.#waiting.delete(key);
      this.#sent.push(message);
    }
  }

  disconnect(): void {
    this.#connected = false;
    this.#sent = [];
  }

  connect(): void {
    this.#connected = true;
    this.#waiting.clear();
  }
}

test('whatever is told, however slowly it is taken, and whoever takes it, the table comes to be the one that was told', (t) => {
  const destinations = fc.array(
    fc.record({ address: fc.constantFrom('10.0.1.1', '10.0.1.2', '10.0.1.3'), weight: fc.nat(2) }),
    {
      maxLength: 6,
    },
  );
  const name = fc.constantFrom('a', 'b');
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('tell' as const), name, destinations }) },
    fc.record({ do: fc.constant('remove' as const), name }),
    { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.nat(3) }) },
    fc.record({ do: fc.constantFrom('disconnect' as const, 'connect' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (steps, window) => {
      const link = new SlowLink(window);
      const writer = new TableWriter(link);
      const services = new Map<string, DesiredService>();
      let desired = desiredTable();
      const hear = () => {
        for (const message of link.taken.splice(0)) if (isServiceNews(message)) desired.hear(message);
      };
      const connect = () => {
        link.disconnect();
        link.connect();
        desired = desiredTable();
        writer.tellAll(services.values());
      };
      for (const each of steps) {
        if (each.do === 'tell') {
          const service = wanted(each.name, each.name === 'a' ? 80 : 81, each.destinations);
          services.set(each.name, service);
          writer.tell(service);
        } else if (each.do === 'remove') {
          services.delete(each.name);
          writer.remove(each.name);
        } else if (each.do === 'take') link.take(each.count);
        else if (each.do === 'disconnect') link.disconnect();
        else connect();
        hear();
      }
      if (steps.some((each) => each.do === 'disconnect')) connect();
      while (link.backlog() > 0) {
        link.take(1);
        hear();
      }
      const told = Array.from(services.values(), entryOf);
      t.is(desired.entries.size, told.length);
      for (const entry of told) t.deepEqual(desired.entries.get(entry.service.key), entry);
    }),
    { numRuns: 500, seed: 9 },
  );
});
