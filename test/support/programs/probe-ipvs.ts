/** Prints what `probeIpvs` says, for a process with other privileges than the test's. */
import { probeIpvs } from '../../../src/dataplane/drivers/ipvs/driver.js';

process.stdout.write(JSON.stringify(await probeIpvs()));
