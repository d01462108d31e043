/** What all these guests need. */
import { SAMPLES } from '../../../support/fixtures/keepalived/configurations.js';
import { type GuestCases, guestTests } from '../../../support/rigs/guest.js';

const IPVS = ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_lc', 'ip_vs_wlc', 'ip_vs_sh'];

export const compareInGuest = (module: URL, cases: GuestCases): void =>
  guestTests(module, cases, ['keepalived', 'ipvsadm', 'modprobe', 'curl', 'openssl', 'tcpdump', SAMPLES], {
    modules: [...IPVS, 'veth', 'bridge', 'dummy', 'ipip', 'macvlan'],
    memory: '1G',
    timeoutMs: 840_000,
    caseTimeoutMs: 150_000,
  });
