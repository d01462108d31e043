/** `import { runJitterBench } from 'fulcrum/bench'`: each returns a report, which `writeReport` writes as JSON and as a page. */

export { runChecksBench } from './checks.js';
export { type FailoverOptions, type FailoverResult, runFailoverBench } from './failover.js';
export { type IpvsBenchOptions, runIpvsBench } from './ipvs.js';
export { type JitterOptions, type JitterResult, runJitterBench } from './jitter.js';
export type { Bench, BenchOptions } from './support/bench.js';
export { type Report, type ReportFiles, writeReport } from './support/report.js';
export type { SoakResult } from './vrrp/soak.js';
