import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './reconciler-cases.js';

guestTests(new URL('./reconciler-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe'], {
  modules: ['ip_vs', 'dummy'],
});
