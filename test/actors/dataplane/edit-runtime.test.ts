import test from 'ava';
import type { RuntimeDestination, RuntimeEdit } from '../../../src/actors/dataplane/calls.js';
import { editRuntime } from '../../../src/actors/dataplane/edit-runtime.js';
import { RuntimeServices } from '../../../src/actors/dataplane/runtime-services.js';
import type { ServiceMatch } from '../../../src/model/config.js';
import { byAddress, desired } from '../../support/fixtures/table.js';
import { memoryOwnership, settings, startWriter, tableText } from '../../support/rigs/reconciler-rig.js';

const match = byAddress('10.0.0.1', 80);
const service = { match, scheduler: 'rr', schedulerFlags: [], persistenceNs: null, onePacket: false } as const;
const destination = (address: string): RuntimeDestination => ({
  address,
  port: 80,
  weight: 1,
  forwarding: 'nat',
  maxConnections: 0,
  tunnel: null,
});

function startEditor(maxRemovals: number | null = null, written: () => Promise<void> = async () => undefined) {
  const rig = startWriter({ settings: { ...settings, maxRemovals }, shared: true, ownership: memoryOwnership() });
  rig.writer.complete();
  const runtime = new RuntimeServices({ initial: null, save: () => undefined, written });
  const edit = (wanted: RuntimeEdit) => editRuntime(wanted, runtime, () => rig);
  return { rig, runtime, edit };
}

test('an edit that the driver refuses takes no other edit of that service with it', async (t) => {
  const { rig, runtime, edit } = startEditor();
  await edit({ edit: 'add-service', service });
  rig.refuse = (change) =>
    change.kind === 'set-service' ? { ok: false, code: 'ENOENT', message: 'no such scheduler' } : null;
  const [refused, added] = await Promise.allSettled([
    edit({ edit: 'update-service', service: { ...service, scheduler: 'nosuch' } }),
    edit({ edit: 'add-destination', match, destination: destination('10.0.1.1') }),
  ]);
  t.is(refused.status, 'rejected');
  t.is(added.status, 'fulfilled');
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
  t.deepEqual(
    runtime.all.map(({ scheduler, destinations }) => [scheduler, destinations.length]),
    [['rr', 1]],
  );
});

test('an edit is answered when the disk knows of it too', async (t) => {
  let onDisk = (): void => undefined;
  const written = new Promise<void>((resolve) => {
    onDisk = resolve;
  });
  const { rig, edit } = startEditor(null, () => written);
  let answered = false;
  const edited = edit({ edit: 'add-service', service }).then(() => {
    answered = true;
  });
  await rig.settle();
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 =']);
  t.false(answered);
  onDisk();
  await edited;
});

test('an edit that the writer did not come to is refused and not remembered', async (t) => {
  const { rig, runtime, edit } = startEditor();
  const early = edit({ edit: 'add-service', service });
  const late = edit({ edit: 'add-destination', match, destination: destination('10.0.1.1') });
  await Promise.all([
    rig.writer.stop('keep'),
    t.throwsAsync(early, { message: /the data plane ended before it was written/ }),
    t.throwsAsync(late, { message: /there is no service tcp 10\.0\.0\.1:80/ }),
  ]);
  t.deepEqual(runtime.all, []);
});

test('a deletion is answered when the service is gone, which the removal limit may put off', async (t) => {
  const { rig, edit } = startEditor(1);
  const matches = [1, 2, 3].map((last) => byAddress(`10.0.0.${last}`, 80));
  for (const one of matches) await edit({ edit: 'add-service', service: { ...service, match: one } });
  const seen: number[] = [];
  const deletions = matches.map((one) =>
    edit({ edit: 'delete-service', match: one }).then(() => seen.push(tableText(rig.table).length)),
  );
  await rig.settle();
  t.deepEqual(seen, [2]);
  await rig.advance(1e9);
  t.deepEqual(seen, [2, 1]);
  await rig.advance(1e9);
  await Promise.all(deletions);
  t.deepEqual(seen, [2, 1, 0]);
});

test('a service that the configuration has given up, and that waits to be removed, may be made anew', async (t) => {
  const { rig, edit } = startEditor(1);
  const matches = [1, 2].map((last) => byAddress(`10.0.0.${last}`, 80));
  const tell = (one: ServiceMatch, wanted: boolean) => {
    const name = `configured-${JSON.stringify(one)}`;
    rig.writer.touch(rig.writer.desired.tell(name, wanted ? desired(name, one) : null));
  };
  for (const one of matches) tell(one, true);
  await rig.settle();
  for (const one of matches) tell(one, false);
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.2:80 =']);
  await edit({ edit: 'add-service', service: { ...service, match: byAddress('10.0.0.2', 80) } });
  await rig.advance(2e9);
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.2:80 =']);
});
