import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { AddressJournal, nothingJournaled } from '../../../../src/actors/vrrp/addresses/journal.js';

const address = { interface: 'eth0', address: '10.0.0.100', prefixLength: 24, owner: false };
const content = {
  addresses: [address],
  routes: ['10.9.0.0/16 table 100 metric 0'],
  rules: ['to 10.9.0.0/16 table 100'],
  interfaces: [{ name: 'vrrp.60', mac: '00:00:5e:00:01:3c' }],
  settings: [{ name: 'net/ipv4/conf/eth0/arp_ignore', value: 1, before: 0 }],
};

test('a journal gives back what the last run wrote, the shorter text after a longer one too', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-journal-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const first = AddressJournal.open(join(directory, 'new'));
  t.deepEqual(first.left, nothingJournaled);
  first.journal.write({ ...content, addresses: [address, { ...address, address: '10.0.0.101' }] }, true);
  first.journal.write(content, true);
  first.journal.close();
  const second = AddressJournal.open(join(directory, 'new'));
  t.deepEqual(second.left, content);
  second.journal.close();
});

test('a journal that another runtime has is left alone, until that one lets go', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-journal-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const { journal } = AddressJournal.open(directory);
  journal.write(content, true);
  t.throws(() => AddressJournal.open(directory), {
    message: /vrrp-addresses\.json belongs to another runtime; give each its own node\.state_dir/,
  });
  journal.close();
  const next = AddressJournal.open(directory);
  t.deepEqual(next.left, content);
  next.journal.close();
});
