import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './keepalived-cases.js';

guestTests(new URL('./keepalived-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe', 'keepalived'], {
  modules: ['ip_vs', 'ip_vs_wrr'],
});
