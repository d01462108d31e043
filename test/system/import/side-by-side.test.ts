import { SAMPLES } from '../../support/fixtures/keepalived/configurations.js';
import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './side-by-side-cases.js';

guestTests(
  new URL('./side-by-side-cases.js', import.meta.url),
  cases,
  ['keepalived', 'ipvsadm', 'modprobe', 'curl', 'openssl', 'tcpdump', SAMPLES],
  {
    modules: ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_lc', 'ip_vs_wlc', 'ip_vs_sh', 'veth', 'bridge', 'dummy', 'ipip'],
    memory: '1G',
    timeoutMs: 840_000,
    caseTimeoutMs: 150_000,
  },
);
