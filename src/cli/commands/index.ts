import type { Register } from '../program.js';
import { register as registerAgent } from './agent.js';
import { register as registerBench } from './bench/index.js';
import { register as registerCheck } from './check.js';
import { register as registerCompletion } from './completion.js';
import { register as registerDrain } from './control/drain.js';
import { register as registerDrill } from './control/drill.js';
import { register as registerFailover } from './control/failover.js';
import { register as registerMaintenance } from './control/maintenance.js';
import { register as registerOverride } from './control/override.js';
import { register as registerPlan } from './control/plan.js';
import { register as registerReload } from './control/reload.js';
import { register as registerWeight } from './control/weight.js';
import { register as registerDoctor } from './doctor.js';
import { register as registerHealthcheckServer } from './healthcheck-server.js';
import { register as registerHelp } from './help.js';
import { register as registerImport } from './import.js';
import { register as registerRun } from './run.js';
import { register as registerSchema } from './schema.js';
import { register as registerShow } from './show.js';
import { register as registerStatus } from './status.js';
import { register as registerTop } from './top.js';
import { register as registerValidate } from './validate.js';

/** A command, or several of one kind, is a file of this folder that exports `register`: in the order of the help. */
export const commands: readonly Register[] = [
  registerRun,
  registerValidate,
  registerDoctor,
  registerCheck,
  registerPlan,
  registerReload,
  registerStatus,
  registerShow,
  registerTop,
  registerFailover,
  registerDrain,
  registerOverride,
  registerWeight,
  registerMaintenance,
  registerDrill,
  registerAgent,
  registerHealthcheckServer,
  registerImport,
  registerSchema,
  registerBench,
  registerCompletion,
  registerHelp,
];
