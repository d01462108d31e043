import test from 'ava';
import { SharedChecks } from '../../../src/actors/monitor/shared-checks.js';
import { tcpCheck } from './rig.js';

test('equal checks are one object, and different ones are not', (t) => {
  const checks = new SharedChecks();
  const first = checks.take(tcpCheck({ send: Buffer.from('a\u0000b') }));
  t.is(checks.take(tcpCheck({ send: new Uint8Array([97, 0, 98]) })), first);
  t.not(checks.take(tcpCheck({ send: Buffer.from('ab') })), first);
  t.not(checks.take(tcpCheck({ send: null })), first);
  t.is(checks.size, 3);
});

test('a check that nobody uses any more is forgotten', (t) => {
  const checks = new SharedChecks();
  const first = checks.take(tcpCheck());
  checks.take(tcpCheck());
  checks.release(first);
  t.is(checks.take(tcpCheck()), first);
  checks.release(first);
  checks.release(first);
  t.is(checks.size, 0);
});
