import { guestTests } from '../../support/rigs/guest.js';
import { cases } from './grpc-cases.js';

guestTests(new URL('./grpc-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe'], {
  modules: ['ip_vs'],
  memory: '1G',
});
