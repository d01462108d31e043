import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './kill-cases.js';

guestTests(new URL('./kill-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe', 'curl'], {
  modules: ['ip_vs'],
  caseTimeoutMs: 300_000,
  timeoutMs: 840_000,
});
