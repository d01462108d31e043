import test from 'ava';
import { Subject } from 'rxjs';
import { HealthWatch, type Serving, type ServingReply } from '../../../../src/actors/gateway/grpc/health-watch.js';
import type { StoreChange } from '../../../../src/machines/telemetry/store.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a change is looked at once for all who watch, and all are told the same object', async (t) => {
  const changes$ = new Subject<StoreChange>();
  let now: Serving = 'SERVING';
  let looks = 0;
  const watch = new HealthWatch({
    look: async () => {
      looks += 1;
      return now;
    },
    changes$,
    onFailure: (_service, error) => t.fail(String(error)),
  });
  const told: ServingReply[][] = Array.from({ length: 500 }, () => []);
  const ends: (() => void)[] = [];
  for (const mine of told) {
    watch.add('web', { send: (message) => void mine.push(message), onEnd: (then) => void ends.push(then) });
  }
  await turn();
  t.is(looks, 1);
  now = 'NOT_SERVING';
  changes$.next({ kind: 'state-gone', key: 'service/web' });
  changes$.next({ kind: 'state-gone', key: 'service/other' });
  await turn();
  t.is(looks, 2);
  for (const mine of told) {
    t.deepEqual(mine, [{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
    t.is(mine[1], told[0]?.[1]);
  }
  t.true(changes$.observed);
  for (const end of ends) end();
  t.false(changes$.observed);
});
