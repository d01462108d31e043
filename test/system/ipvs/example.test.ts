import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './example-cases.js';

guestTests(new URL('./example-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe', 'curl', 'nginx', 'openssl'], {
  modules: ['ip_vs', 'ip_vs_sh', 'ip_vs_wlc', 'veth', 'bridge', 'ipip', 'ip_gre', 'fou'],
  memory: '1G',
  timeoutMs: 600_000,
  caseTimeoutMs: 400_000,
});
