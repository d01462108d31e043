import { FulcrumError } from '../../errors.js';

/** The address cannot be listened on. */
export class AgentListenError extends FulcrumError {
  readonly code = 'ERR_AGENT_LISTEN';
}
