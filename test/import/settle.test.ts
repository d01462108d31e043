import test from 'ava';
import { configFromValue } from '../../src/config/load.js';
import type { Document } from '../../src/import/document.js';
import { importKeepalived } from '../../src/import/keepalived/index.js';
import { noteLine } from '../../src/import/notes.js';
import { settle } from '../../src/import/settle.js';
import { ConfigError } from '../../src/model/errors.js';

const refusals = (document: Document) => {
  try {
    configFromValue(document);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.issues : [];
  }
};

test('what the rules refuse is taken out with all that goes with it, and blamed on its line', (t) => {
  const text = `vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.1\n 10.0.0.1 label x\n nonsense\n }\n}
vrrp_instance B {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.2\n }\n}`;
  const files = { list: () => null, read: () => '' };
  const imported = importKeepalived({ file: 'k', text, files }, { host: 'h', env: {} });
  const settled = settle(imported, refusals);
  t.deepEqual(
    settled?.document.vrrp?.instances?.map(({ name, addresses }) => [name, addresses]),
    [['A', ['10.0.0.1/32']]],
  );
  const told = settled?.notes.map(noteLine) ?? [];
  t.true(told.some((line) => line.startsWith('k:7: nonsense: ')));
  t.true(told.some((line) => line.startsWith('k:12: virtual_router_id: VRID 5 is already used')));
});

test('a rule of a master goes whole where a part of it is refused, and its addresses stay', (t) => {
  const text = `vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2 dev eth1\n }
virtual_rules {\n from 10.0.0.0/24 table 2\n to 10.0.0./24 table 2\n }\n}`;
  const files = { list: () => null, read: () => '' };
  const imported = importKeepalived({ file: 'k', text, files }, { host: 'h', env: {} });
  const [instance] = settle(imported, refusals)?.document.vrrp?.instances ?? [];
  t.deepEqual(
    instance?.rules?.map(({ from, to, table }) => [from, to, table]),
    [['10.0.0.0/24', undefined, 2]],
  );
  t.is(instance?.addresses?.length, 2);
});
