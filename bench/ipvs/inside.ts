/** The measurements, where a kernel has IPVS: prints one JSON document. `node inside.js OPTIONS-AS-JSON` */
import type { IpvsBenchOptions, IpvsFigures } from '../ipvs.js';
import { measureDecisions } from './decisions.js';
import { measureWrites } from './writes.js';

const options = JSON.parse(process.argv[2] ?? '') as IpvsBenchOptions;
const tick = (what: string): void => void process.stderr.write(`${what}\n`);
const writes = await measureWrites(options, tick);
const decisions = options.kills > 0 ? await measureDecisions(options.kills, tick) : null;
process.stdout.write(JSON.stringify({ writes, decisions } satisfies IpvsFigures));
