import { guestTests } from '../support/guest.js';
import { cases } from './guest/ipvs-grpc-cases.js';

guestTests(new URL('./guest/ipvs-grpc-cases.js', import.meta.url), cases, ['ipvsadm', 'modprobe'], {
  modules: ['ip_vs'],
  memory: '1G',
});
