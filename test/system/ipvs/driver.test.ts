import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './driver-cases.js';

guestTests(new URL('./driver-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe', 'curl', 'setpriv'], {
  modules: ['ip_vs', 'ip_vs_pe_sip'],
});
