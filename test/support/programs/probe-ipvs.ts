/** Prints what `probeIpvs` says, for a process with other privileges than the test's. */
import { probeIpvs } from '../../../src/dataplane/drivers/ipvs/index.js';

process.stdout.write(JSON.stringify(await probeIpvs()));
