import { guestTests } from '../support/guest.js';
import { cases } from './guest/ipvs-driver-cases.js';

guestTests(
  new URL('./guest/ipvs-driver-cases.js', import.meta.url),
  cases,
  ['ipvsadm', 'modprobe', 'curl', 'setpriv'],
  {
    modules: ['ip_vs', 'ip_vs_pe_sip'],
  },
);
