/** The gateway's links to the actors that it asks. */
import type { Config } from '../../model/config.js';
import { CommandError } from '../../model/errors.js';
import type { Link } from '../../model/link.js';
import type {
  Calls,
  DataplaneCalls,
  EngineCalls,
  Reply,
  Request,
  SupervisorCalls,
  VrrpCalls,
} from '../../wire/links/calls.js';
import { redactionFor } from '../../wire/secrets/redaction.js';
import type { ActorContext } from '../../workers/actor.js';
import { type Caller, createCaller } from '../../workers/links/rpc.js';
import type { Callers } from './control-api.js';

/** `config`: the present one; an actor that it does not call for is not asked. */
export function createCallers(context: ActorContext, config: () => Config): Callers {
  const safe = (error: unknown): unknown =>
    error instanceof CommandError
      ? new CommandError(error.code, redactionFor(config().secrets).text(error.message))
      : error;
  const vrrp = lateCaller<VrrpCalls>('vrrp', () => context.link('vrrp-calls', 'a'), safe);
  return {
    engine: lateCaller<EngineCalls>('engine', () => context.link('engine-calls', 'a'), safe),
    vrrp: () => (config().vrrp.instances.length > 0 ? vrrp : null),
    dataplane: lateCaller<DataplaneCalls>('dataplane', () => context.link('dataplane-calls', 'a'), safe),
    supervisor: lateCaller<SupervisorCalls>('supervisor', () => context.link('supervisor-calls', 'a'), safe),
  };
}

/**
 * A link may come only with a later configuration: it is looked for when it is first needed. `safe`: an error as it may be shown, for
 * an actor's defect may be a library's error with all that the library was given.
 */
function lateCaller<C extends Calls>(
  name: string,
  link: () => Link<Reply, Request<C>>,
  safe: (error: unknown) => unknown,
): Caller<C> {
  let caller: Caller<C> | null = null;
  const connect = (): Caller<C> => {
    try {
      return createCaller(link());
    } catch {
      throw new CommandError('ERR_UNAVAILABLE', `${name} does not run`);
    }
  };
  return {
    call: async (call, ask, timeoutMs) => {
      caller ??= connect();
      try {
        return await caller.call(call, ask, timeoutMs);
      } catch (error) {
        throw safe(error);
      }
    },
  };
}
