/** Every section of the configuration, in the order of the document: one line each. */
import { agent } from './agent.js';
import { checks } from './checks/index.js';
import { control } from './control.js';
import { dataplane } from './dataplane.js';
import { demo } from './demo.js';
import { health } from './health.js';
import { healthcheckServer } from './healthcheck-server.js';
import { hooks } from './hooks.js';
import { log } from './log.js';
import { metrics } from './metrics.js';
import { node } from './node.js';
import { runtime } from './runtime.js';
import { services } from './services/index.js';
import { vrrp } from './vrrp/index.js';

export const sections = {
  node,
  control,
  dataplane,
  vrrp,
  runtime,
  checks,
  services,
  healthcheck_server: healthcheckServer,
  agent,
  health,
  hooks,
  log,
  metrics,
  demo,
};
