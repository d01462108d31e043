import test from 'ava';
import { MissingPrivilegeError } from '../../../src/model/errors.js';
import { hasCapability, requireCapability } from '../../../src/os/process/capability.js';

const status = (mask: string) => `Name:\tnode\nCapPrm:\t${'f'.repeat(16)}\nCapEff:\t${mask}\nCapBnd:\t0\n`;

test('reads the effective capabilities', (t) => {
  t.true(hasCapability('CAP_NET_RAW', status('0000000000002000')));
  t.false(hasCapability('CAP_NET_ADMIN', status('0000000000002000')));
  t.true(hasCapability('CAP_NET_ADMIN', status('000001ffffffffff')));
  t.false(hasCapability('CAP_SYS_NICE', status('0000000000000000')));
});

test('where the kernel does not tell, the call itself will', (t) => {
  t.true(hasCapability('CAP_NET_RAW', ''));
});

test('a missing one is named, with what it is for and how to give it', (t) => {
  const error = t.throws(() => requireCapability('CAP_NET_RAW', 'sending adverts', status('0000000000000000')), {
    instanceOf: MissingPrivilegeError,
  });
  t.is(error?.missing, 'CAP_NET_RAW');
  t.regex(error?.message ?? '', /CAP_NET_RAW is missing: sending adverts needs it; run as root, or/);
  t.notThrows(() => requireCapability('CAP_NET_RAW', 'sending adverts', status('0000000000002000')));
});
