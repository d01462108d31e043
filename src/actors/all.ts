/** Every kind of actor: a line each. */
export { agent } from './agent/descriptor.js';
export { dataplane } from './dataplane/descriptor.js';
export { engine } from './engine/descriptor.js';
export { gateway } from './gateway/descriptor.js';
export { healthcheckServer } from './healthcheck-server/descriptor.js';
export { hooks } from './hooks/descriptor.js';
export { log } from './log/descriptor.js';
export { monitor } from './monitor/descriptor.js';
export { proxy } from './proxy/descriptor.js';
export { trackers } from './trackers/descriptor.js';
export { vrrp } from './vrrp/descriptor.js';
