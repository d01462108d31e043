import test from 'ava';
import { editRuntime } from '../../src/dataplane/edit-runtime.js';
import { RuntimeServices } from '../../src/dataplane/runtime-services.js';
import type { RuntimeDestination, RuntimeEdit } from '../../src/wire/requests.js';
import { byAddress } from '../support/table.js';
import { startWriter, tableText } from '../support/writer-rig.js';

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

function startEditor() {
  const rig = startWriter();
  rig.writer.complete();
  const runtime = new RuntimeServices({ initial: null, save: () => undefined, written: async () => undefined });
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
