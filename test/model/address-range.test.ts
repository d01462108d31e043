import test from 'ava';
import fc from 'fast-check';
import { addressesIn, parseRange, rangeSize, rangeText } from '../../src/model/address-range.js';

const read = (text: string) => {
  const range = parseRange(text);
  return range === null ? null : { text: rangeText(range), all: [...addressesIn(range)], size: rangeSize(range) };
};

test('an address is a range of one; a range ends with a number or with an address', (t) => {
  t.like(read('10.0.0.1'), { text: '10.0.0.1', size: 1n });
  t.deepEqual(read('10.0.0.1-3')?.all, ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  t.like(read('10.0.0.1-10.0.0.3'), { text: '10.0.0.1-3', size: 3n });
  t.deepEqual(read('10.0.0.255-10.0.1.1'), {
    text: '10.0.0.255-10.0.1.1',
    all: ['10.0.0.255', '10.0.1.0', '10.0.1.1'],
    size: 3n,
  });
  t.deepEqual(read('2001:DB8:0::9-b')?.all, ['2001:db8::9', '2001:db8::a', '2001:db8::b']);
  t.like(read('2001:db8::9-2001:db8::b'), { text: '2001:db8::9-b', size: 3n });
  const huge = parseRange('2001:db8::-2001:db9::');
  t.is(huge && rangeText(huge), '2001:db8::-2001:db9::');
  t.is(huge && rangeSize(huge), 2n ** 96n + 1n);
});

test('what is no range is none, and one that ends before it begins has no addresses', (t) => {
  for (const text of [
    '',
    '-',
    '10.0.0.1-',
    '10.0.0.1-256',
    '10.0.0.1-2-3',
    '10.0.0.1-a',
    '10.0.0-1',
    'web-1',
    'fe80::1%eth0-2',
  ]) {
    t.is(parseRange(text), null, text);
  }
  for (const text of ['10.0.0.1-2001:db8::1', '2001:db8::1-10.0.0.1', '2001:db8::1-10000', '2001:db8::1-g']) {
    t.is(parseRange(text), null, text);
  }
  t.is(read('10.0.0.9-3')?.size, 0n);
  t.deepEqual(read('10.0.0.9-3')?.all, []);
});

test('a range is the same after it was written and read', (t) => {
  const part = fc.nat(255);
  fc.assert(
    fc.property(part, part, part, fc.nat(300), (second, third, last, more) => {
      const end = third * 256 + last + more;
      fc.pre(end < 65_536);
      const range = parseRange(`10.${second}.${third}.${last}-10.${second}.${end >> 8}.${end & 255}`);
      t.deepEqual(range && parseRange(rangeText(range)), range);
      t.is(range && [...addressesIn(range)].length, more + 1);
    }),
  );
});
