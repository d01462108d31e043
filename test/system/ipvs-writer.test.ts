import { guestTests } from '../support/guest.js';
import { cases } from './guest/ipvs-writer-cases.js';

guestTests(new URL('./guest/ipvs-writer-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe'], {
  modules: ['ip_vs', 'dummy'],
});
