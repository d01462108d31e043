/** seesaw.vrrp.VRRPNode. */
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { Store, StoreChange } from '../../../machines/telemetry/store.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import { CommandError } from '../../../model/errors.js';
import type { VrrpView } from '../../../model/observing/views.js';
import type { ControlApi } from '../control-api.js';
import { streaming, unary } from './calls.js';
import type { Handlers } from './server/handlers.js';
import { VrrpConfigEditor, vrrpConfigMessage } from './vrrp-config.js';

export type VrrpServiceDeps = {
  readonly api: Pick<ControlApi, 'vrrp' | 'failover' | 'vrrpInstances' | 'applyVrrp'>;
  readonly store: Pick<Store, 'items'>;
  readonly changes$: Observable<StoreChange>;
};

const instanceMessage = z.object({ instance: z.string() });
const STATE_KEY = 'vrrp/';

export function vrrpService(deps: VrrpServiceDeps): Handlers {
  const { api } = deps;
  const editor = new VrrpConfigEditor(api);
  return {
    GetStatus: unary({ change: false }, instanceMessage, async ({ instance }) => {
      const found = await api.vrrp(instance === '' ? null : instance);
      if (instance !== '' && found.length === 0) throw unknownInstance(instance);
      return { instances: found.map(statusReply) };
    }),
    TriggerFailover: unary({ change: true }, instanceMessage, async ({ instance }) => ({
      accepted: true,
      message: await api.failover(instance === '' ? onlyInstance(await api.vrrpInstances()) : instance),
    })),
    UpdateConfig: unary({ change: true }, vrrpConfigMessage, async (wanted) => ({
      success: true,
      message: await editor.update(wanted),
    })),
    StreamStatus: streaming({ change: false }, instanceMessage, updateKey, ({ instance }, stream) => {
      const wants = (name: string): boolean => instance === '' || name === instance;
      for (const item of deps.store.items()) {
        if (item.type === 'vrrp' && wants(item.view.name)) stream.send(updateReply(statusReply(item.view), false));
      }
      const following = deps.changes$.subscribe((change) => {
        if (change.kind === 'state' && change.item.type === 'vrrp' && wants(change.item.view.name)) {
          stream.send(updateReply(statusReply(change.item.view), false));
        } else if (change.kind === 'state-gone' && change.key.startsWith(STATE_KEY)) {
          const name = change.key.slice(STATE_KEY.length);
          if (wants(name)) stream.send(updateReply({ instance: name }, true));
        }
      });
      stream.onEnd(() => following.unsubscribe());
    }),
  };
}

type Update = { readonly status: { readonly instance: string }; readonly removed: boolean; readonly at_ms: number };
const updateKey = ({ status }: Update): string => status.instance;
const updateReply = (status: Update['status'], removed: boolean): Update => ({ status, removed, at_ms: Date.now() });

/** The view, but for two names; what the message has no field for is left out when it is written. */
const statusReply = ({ name, adverts, ...same }: VrrpView) => ({
  ...same,
  instance: name,
  adverts_sent: adverts.sent,
  adverts_received: adverts.received,
  adverts_rejected: adverts.rejected,
});

const unknownInstance = (name: string): CommandError =>
  new CommandError('ERR_NOT_FOUND', `there is no VRRP instance ${name}`);

function onlyInstance(instances: readonly VrrpInstanceConfig[]): string {
  const [first, ...others] = instances;
  if (first !== undefined && others.length === 0) return first.name;
  const names = instances.map(({ name }) => name).join(', ');
  throw new CommandError('ERR_NOT_FOUND', names === '' ? 'no VRRP instance is configured' : `name one of ${names}`);
}
