import type { Verdict } from './answer.js';
import type { AgentRequest } from './request-line.js';

/** What the daemon knows of a backend from its own checks; null where it checks no such backend, or cannot say now. */
export type CheckResults = (request: AgentRequest) => Promise<Verdict | null>;

/** No daemon: nothing is known. */
export const noCheckResults: CheckResults = async () => null;
