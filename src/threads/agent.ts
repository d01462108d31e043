/** The standalone agent's thread: see `standalone-process.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { AgentOptions } from '../actors/agent/standalone/config.js';
import type { AgentEnd } from '../actors/agent/standalone/process.js';
import { startStandaloneAgent } from '../actors/agent/standalone/standalone.js';
import { FulcrumError, MissingPrivilegeError } from '../model/errors.js';
import { ServiceManager } from '../workers/supervision/service-manager.js';

const { agent, log, warnings } = workerData as AgentOptions;
// A signal that comes while the agent starts waits in the port.
const stopAsked = new Promise<string>((resolve) => parentPort?.once('message', resolve));
const end = await run();
parentPort?.postMessage(end);
// It would hold the thread while it waits for a signal.
parentPort?.close();

async function run(): Promise<AgentEnd> {
  try {
    const running = await startStandaloneAgent(agent, log);
    for (const warning of warnings) running.logger.warn({ component: 'agent' }, warning);
    // Its watchdog is fed by the event loop that answers, which is all that there is.
    const manager = new ServiceManager(process.env, running.logger);
    manager.serves(() => true);
    const signal = await stopAsked;
    running.logger.info({ component: 'agent', signal }, 'stopping');
    manager.stops();
    await running.stop();
    manager.close();
    return { kind: 'stopped' };
  } catch (error) {
    if (error instanceof FulcrumError) {
      const missing = error instanceof MissingPrivilegeError ? error.missing : null;
      return { kind: 'failed', message: error.message, missing };
    }
    throw error;
  }
}
