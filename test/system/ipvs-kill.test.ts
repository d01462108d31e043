import { guestTests } from '../support/guest.js';
import { cases } from './guest/ipvs-kill-cases.js';

guestTests(new URL('./guest/ipvs-kill-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe', 'curl'], {
  modules: ['ip_vs'],
  caseTimeoutMs: 180_000,
  timeoutMs: 420_000,
});
