import { sysctl } from '../../commands.js';
import type { Finding, Probe } from '../../finding.js';

const FULL = 0.9;
const FILLING = 0.7;
/** Entries in one bucket that are searched one after the other (nf_conntrack-sysctl: four by default). */
const PER_BUCKET = 8;

export const conntrack: Probe = ({ sysctls }) => {
  const numberOf = (name: string): number => Number(sysctls.get(`net.netfilter.nf_conntrack_${name}`) ?? 0);
  const [max, count, buckets] = [numberOf('max'), numberOf('count'), numberOf('buckets')];
  // 0: the kernel does not track, or bounds nothing.
  if (max === 0) return [];
  const findings: Finding[] = [];
  if (count > FILLING * max) {
    findings.push({
      severity: count > FULL * max ? 'error' : 'warning',
      what: `${count} of ${max} tracked connections are taken (nf_conntrack_max)`,
      why: 'once all are, the kernel drops packets of new connections: of clients, and of checks',
      command: sysctl(['net.netfilter.nf_conntrack_max', 4 * max]),
    });
  }
  if (buckets > 0 && max > PER_BUCKET * buckets) {
    findings.push({
      severity: 'info',
      what: `nf_conntrack_max is ${max} with ${buckets} buckets`,
      why: 'a full table is searched slowly, for every packet',
      command: sysctl(['net.netfilter.nf_conntrack_buckets', Math.ceil(max / 4)]),
    });
  }
  return findings;
};
