/** A process that sends one echo request to its argument, and prints the outcome as JSON. */
import { createIcmpChecker } from '../../../src/checks/icmp/checker.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { plainCheck, testContext } from '../fixtures/checks.js';

const checker = createIcmpChecker({ ...testContext, resolve: async (host) => host });
const check = { ...plainCheck, type: 'icmp' as const, payloadSize: 56, timeoutNs: nsFromMs(1000) };
const outcome = await runProbe(checker, { host: process.argv[2] ?? '', port: 0, check, mark: null }, monotonicNow);
checker.close();
process.stdout.write(JSON.stringify(outcome));
