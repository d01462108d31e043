/** The gateway's links to the actors that it asks. */
import type { Config } from '../../model/config.js';
import { CommandError } from '../../model/errors.js';
import type { Calls, CallsKind } from '../../wire/links/calls.js';
import { redactionFor } from '../../wire/secrets/redaction.js';
import type { ActorContext } from '../../workers/actor.js';
import { type Caller, createCaller } from '../../workers/links/rpc.js';
import { dataplaneCalls } from '../dataplane/calls.js';
import { engineCalls } from '../engine/calls.js';
import { supervisorCalls } from '../supervisor/calls.js';
import { vrrpCalls } from '../vrrp/calls.js';
import type { Callers } from './control-api.js';

/** `config`: the present one; an actor that it does not call for is not asked. */
export function createCallers(context: ActorContext, config: () => Config): Callers {
  const vrrp = lateCaller(context, vrrpCalls, config);
  return {
    engine: lateCaller(context, engineCalls, config),
    vrrp: () => (config().vrrp.instances.length > 0 ? vrrp : null),
    dataplane: lateCaller(context, dataplaneCalls, config),
    supervisor: lateCaller(context, supervisorCalls, config),
  };
}

/**
 * A link may come only with a later configuration: it is looked for when it is first needed. No message has a secret in it, for an
 * actor's defect may be a library's error with all that the library was given.
 */
function lateCaller<C extends Calls>(context: ActorContext, calls: CallsKind<C>, config: () => Config): Caller<C> {
  let caller: Caller<C> | null = null;
  const connect = (): Caller<C> => {
    try {
      return createCaller<C>(context.link(calls, 'a'));
    } catch {
      throw new CommandError('ERR_UNAVAILABLE', `${calls.of} does not run`);
    }
  };
  return {
    call: async (call, ask, timeoutMs) => {
      caller ??= connect();
      try {
        return await caller.call(call, ask, timeoutMs);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new CommandError(error.code, redactionFor(config().secrets).text(error.message));
      }
    },
  };
}
