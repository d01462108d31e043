import test from 'ava';
import fc from 'fast-check';
import {
  isRuleGone,
  type Rule,
  readOwnRule,
  ruleText,
  writeRuleChange,
  writeRuleDump,
} from '../../../src/wire/netlink/ip-rules.js';
import { readMessages } from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';
import { toHex } from '../../support/fixtures/hex.js';

const writer = new NetlinkWriter();
const plain: Rule = {
  family: 'ipv4',
  from: { address: Uint8Array.of(10, 0, 0, 100), prefixLength: 32 },
  to: null,
  iif: null,
  oif: null,
  fwmark: 0,
  fwmask: 0,
  tos: 0,
  not: false,
  priority: 16_384,
  type: 'lookup',
  table: 100,
  suppressPrefixLength: null,
};
const messageOf = (op: 'add' | 'remove', rule: Rule) => {
  writeRuleChange(writer, { kind: 'rule', op, rule }, 7);
  const [message] = readMessages(writer.take()).items;
  if (message === undefined) throw new Error('no message');
  return message;
};

// Compared with `strace -e trace=sendmsg -e write=all ip rule add ... protocol 112`, which names small tables in the header alone.
test('writes a rule, and which one is to be removed', (t) => {
  writeRuleChange(writer, { kind: 'rule', op: 'add', rule: plain }, 7);
  const attributes = ['0800 0200 0a000064', '0800 0600 00400000', '0800 0f00 64000000', '0500 1500 70000000'];
  const header = '02 00 20 00 64 00 00 01 00000000';
  t.is(
    toHex(writer.take()),
    ['3c000000 2000 0506 07000000 00000000', header, ...attributes].join('').replaceAll(' ', ''),
  );
  writeRuleChange(writer, { kind: 'rule', op: 'remove', rule: plain }, 8);
  t.is(
    toHex(writer.take()),
    ['3c000000 2100 0500 08000000 00000000', header, ...attributes].join('').replaceAll(' ', ''),
  );
});

test('a dump asks for the rules of a family', (t) => {
  writeRuleDump(writer, 'ipv4', 3);
  t.is(toHex(writer.take()), `1c00000022000103030000000000000002${'00'.repeat(11)}`);
});

const network = (bytes: number) =>
  fc.option(
    fc.record({
      address: fc.uint8Array({ minLength: bytes, maxLength: bytes }),
      prefixLength: fc.integer({ min: 1, max: bytes * 8 }),
    }),
  );
const name = fc.option(fc.stringMatching(/^[a-z][a-z0-9]{0,14}$/));
const anyRule = fc.constantFrom('ipv4' as const, 'ipv6' as const).chain((family) =>
  fc.record({
    family: fc.constant(family),
    from: network(family === 'ipv4' ? 4 : 16),
    to: network(family === 'ipv4' ? 4 : 16),
    iif: name,
    oif: name,
    fwmark: fc.nat(255),
    fwmask: fc.integer({ min: 1, max: 0xffffffff }),
    tos: fc.nat(255),
    not: fc.boolean(),
    priority: fc.integer({ min: 1, max: 32_767 }),
    type: fc.constantFrom('lookup' as const, 'blackhole' as const, 'unreachable' as const, 'prohibit' as const),
    table: fc.integer({ min: 0, max: 0xffffffff }),
    suppressPrefixLength: fc.option(fc.nat(128)),
  }),
);

test('what is written is read back, whatever the rule', (t) => {
  fc.assert(
    fc.property(anyRule, (rule) => {
      t.deepEqual(readOwnRule(messageOf('add', rule)), rule);
      t.true(isRuleGone(messageOf('remove', rule)));
      t.false(isRuleGone(messageOf('add', rule)));
    }),
    { seed: 3551, numRuns: 500 },
  );
});

test('a rule of others is none of ours', (t) => {
  const message = messageOf('remove', plain);
  t.is(readOwnRule({ ...message, payload: message.payload.subarray(0, -8) }), null);
  t.is(readOwnRule({ ...message, type: 24 }), null);
});

test('a rule is written as ip(8) writes it', (t) => {
  t.is(ruleText(plain), 'from 10.0.0.100/32 table 100 priority 16384');
  const over = { from: null, iif: 'eth1', fwmark: 16, fwmask: 255, not: true, suppressPrefixLength: 0 };
  t.is(
    ruleText({ ...plain, ...over, type: 'prohibit' }),
    'ipv4 not iif eth1 fwmark 16/255 prohibit suppress_prefixlength 0 priority 16384',
  );
});

test('no message makes the reader throw', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(32, 33), fc.uint8Array({ maxLength: 120, size: 'max' }), (type, payload) => {
      const rule = readOwnRule({ type, flags: 0, sequence: 0, portId: 0, payload });
      t.true(rule === null || ruleText(rule) !== '');
    }),
    { seed: 3552, numRuns: 2000 },
  );
});
