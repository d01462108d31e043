import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './end-to-end-cases.js';

guestTests(
  new URL('./end-to-end-cases.js', import.meta.url),
  cases,
  ['ipvsadm', 'modprobe', 'curl', 'nginx', 'tcpdump'],
  {
    modules: ['ip_vs', 'ip_vs_rr', 'veth', 'bridge', 'dummy', 'ipip', 'ip_gre', 'fou'],
    memory: '1G',
    timeoutMs: 840_000,
    caseTimeoutMs: 300_000,
  },
);
