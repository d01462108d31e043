import test from 'ava';
import { TableWriter } from '../../../src/actors/engine/table-writer.js';
import type { DesiredService, ToDataplane } from '../../../src/wire/table-link.js';
import { startWriter, tableText, wanted } from '../../support/writer-rig.js';

/** A data plane that has written each message before the next one comes. */
async function start(...services: readonly DesiredService[]) {
  const rig = startWriter();
  const messages: ToDataplane[] = [];
  const told = new TableWriter((message) => messages.push(message));
  const settle = async () => {
    for (const message of messages.splice(0)) {
      if (message.kind === 'complete') rig.writer.complete();
      else rig.writer.touch(rig.writer.desired.tell(message.name, message.service));
      await rig.settle();
    }
  };
  told.tellAll(services);
  await settle();
  rig.calls.length = 0;
  rig.events.length = 0;
  return { rig, told, settle, written: () => rig.calls.flat().map((change) => change.kind) };
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
