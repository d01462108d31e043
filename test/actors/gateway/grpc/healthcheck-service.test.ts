/** What all checks of the gRPC service may be, over a link whose other end is the test's. */
import test from 'ava';
import { HealthcheckService } from '../../../../src/actors/gateway/grpc/healthcheck-service.js';
import { CheckSubscriptions } from '../../../../src/actors/gateway/grpc/subscriptions.js';
import { subscriptionsLink } from '../../../../src/wire/links/subscriptions.js';
import { linkPair } from '../../../../src/workers/links/link-pair.js';

const ICMP = {
  ...{ remove: false, interval: '', timeout: '', retries: 0, rise: 0, mode: '', mark: 0, source: '' },
  ...{ checker_type: 'icmp', icmp: { ip: '10.0.0.1' } },
};
const tcp = (bytes: number) => ({
  ...ICMP,
  checker_type: 'tcp',
  tcp: {
    ...{ ip: '10.0.0.1', port: 80, secure: false, tls_skip_verify: false, server_name: '' },
    ...{ send: Buffer.alloc(bytes, 1), receive: Buffer.alloc(0) },
  },
});

function start(limits: { readonly checks: number; readonly bytes: number }) {
  const link = linkPair('subscriptions', subscriptionsLink);
  const handlers = new HealthcheckService(new CheckSubscriptions(link.a), limits).handlers();
  const open = () => {
    const errors: unknown[] = [];
    let take: (message: unknown) => void = () => undefined;
    let end: () => void = () => undefined;
    const { StreamChecks: handler } = handlers;
    if (handler?.kind !== 'two-way') throw new Error('no stream');
    handler.open({
      write: (message) => errors.push((message as { readonly error: string }).error) > 0,
      onDrain: () => undefined,
      gone: () => false,
      onEnd: (then) => {
        end = then;
      },
      onMessage: (then) => {
        take = then;
      },
      onRequestEnd: () => undefined,
      end: () => undefined,
    });
    return { errors, send: (id: number, message: object) => take({ id: String(id), ...message }), end: () => end() };
  };
  const update = async (configs: readonly object[]) => {
    const { UpdateConfig: handler } = handlers;
    if (handler?.kind !== 'sliced') throw new Error('it is not read in slices');
    async function* slices() {
      for (const [id, config] of configs.entries()) yield { configs: [{ id: String(id), ...config }] };
    }
    return (await handler.answer(slices())) as { readonly accepted: number; readonly refused: readonly object[] };
  };
  return { open, update };
}

test('all streams and UpdateConfig together have so many checks; who goes makes room', async (t) => {
  const { open, update } = start({ checks: 3, bytes: 1e6 });
  const [one, other] = [open(), open()];
  one.send(1, ICMP);
  one.send(2, ICMP);
  t.is((await update([ICMP])).accepted, 1);
  other.send(1, ICMP);
  t.deepEqual(other.errors, ['more than 3 checks of all clients']);
  // In the place of one that it has.
  one.send(2, tcp(1));
  t.deepEqual(one.errors, []);
  t.like(await update([ICMP, ICMP]), {
    accepted: 1,
    refused: [{ id: '1', message: 'more than 3 checks of all clients' }],
  });
  one.end();
  other.send(1, ICMP);
  t.is(other.errors.length, 1);
  t.is((await update([ICMP, ICMP])).accepted, 2);
});

test('so is what they send and expect', async (t) => {
  const { open, update } = start({ checks: 100, bytes: 2 ** 20 });
  const [one, other] = [open(), open()];
  for (let id = 0; id < 63; id += 1) one.send(id, tcp(16_000));
  t.deepEqual(one.errors, []);
  other.send(1, tcp(16_000));
  other.send(2, tcp(16_000));
  other.send(3, tcp(16_000));
  t.is(other.errors.at(-1), 'all checks send and expect more than 1 MiB');
  t.is((await update([tcp(16_000)])).accepted, 0);
  one.send(0, { remove: true });
  one.send(1, { remove: true });
  t.is((await update([tcp(16_000)])).accepted, 1);
});
