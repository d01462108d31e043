/** The measurements, where a kernel has IPVS: prints one JSON document. `node inside.js OPTIONS-AS-JSON` */
import { compileLater } from '../../src/os/memory/hot-code.js';
import type { IpvsBenchOptions, IpvsFigures } from '../ipvs.js';
import { inRealtime } from '../support/policy.js';
import { measureDecisions } from './decisions.js';
import { measureWrites } from './writes.js';

const options = JSON.parse(process.argv[2] ?? '') as IpvsBenchOptions;
const tick = (what: string): void => void process.stderr.write(`${what}\n`);
// As the supervisor does, before it makes the data plane's thread.
compileLater();
const writes = await inRealtime(options.realtime, () => measureWrites(options, tick));
const decisions = options.kills > 0 ? await measureDecisions(options, tick) : null;
process.stdout.write(JSON.stringify({ writes, decisions } satisfies IpvsFigures));
