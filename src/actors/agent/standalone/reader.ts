import { threadEntry } from '../../../model/package.js';
import { readInThread } from '../../../workers/reading.js';
import type { AgentInput, AgentOptions } from './config.js';

/** `loadAgentConfig` in a thread that ends, so that the agent does not hold what only reading takes. */
export const readAgentConfig = (input: AgentInput): Promise<AgentOptions> =>
  readInThread(threadEntry('agent-config'), { ...input, env: { ...input.env } });
