import test from 'ava';
import type { EventBody } from '../../../src/model/observing/events.js';
import { port } from '../../../src/model/units.js';
import { keepalivedLine, keepalivedWords, type Surroundings } from '../../../src/wire/hooks/keepalived-words.js';

const around: Surroundings = {
  priorityOf: () => 100,
  serviceOf: (name) => {
    if (name === 'mark') return { kind: 'fwmark', fwmark: 256, family: 'ipv4', protocol: 'tcp' };
    return name === 'web' ? { kind: 'address', address: '10.0.0.1', port: port(80), protocol: 'tcp' } : undefined;
  },
  backendOf: (_, name) => (name === 'a' ? { address: '2001:db8::1', port: 8080 } : undefined),
};
const line = (event: EventBody): string | null => {
  const words = keepalivedWords(event, around);
  return words === null ? null : keepalivedLine(words);
};
const vrrp = (to: string): EventBody => ({ type: 'vrrp-state', instance: 'vi1', from: 'backup', to, why: '' });
const backend = (service: string, name: string, to: 'healthy' | 'unhealthy' | 'draining'): EventBody => ({
  type: 'backend-state',
  service,
  backend: name,
  from: 'unknown',
  to,
  drained: false,
  why: '',
});

test("an event is told in keepalived's words", (t) => {
  t.deepEqual(keepalivedWords(vrrp('master'), around), ['INSTANCE', 'vi1', 'MASTER', '100']);
  t.is(line(vrrp('backup')), 'INSTANCE "vi1" BACKUP 100\n');
  t.is(line(vrrp('fault')), 'INSTANCE "vi1" FAULT 100\n');
  t.is(line(vrrp('init')), 'INSTANCE "vi1" STOP 100\n');
  t.is(line({ type: 'sync-group-state', group: 'g1', from: 'backup', to: 'master', why: '' }), 'GROUP "g1" MASTER 0\n');
  t.is(line({ type: 'service-state', service: 'web', healthy: true, why: '' }), 'VS [10.0.0.1]:tcp:80 UP\n');
  t.is(line({ type: 'service-state', service: 'mark', healthy: false, why: '' }), 'VS FWM 256 DOWN\n');
  t.is(line(backend('web', 'a', 'healthy')), 'RS [2001:db8::1]:tcp:8080 [10.0.0.1]:tcp:80 UP\n');
  t.is(line(backend('web', 'a', 'unhealthy')), 'RS [2001:db8::1]:tcp:8080 [10.0.0.1]:tcp:80 DOWN\n');
});

test('it says nothing of what keepalived has no word for, and of what is gone', (t) => {
  t.is(line(backend('web', 'a', 'draining')), null);
  t.is(line(backend('web', 'gone', 'healthy')), null);
  t.is(line(backend('gone', 'a', 'healthy')), null);
  t.is(line({ type: 'alarm', alarm: 'x', why: '' }), null);
});
