/** vrrp_instance, with what global_defs says for all. */
import { NS_PER_S, ns } from '../../../model/units.js';
import { formatHumantime } from '../../../wire/text/humantime.js';
import type { Gratuitous, Instance } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { version } from './authentication.js';
import { Fields, type Value } from './fields.js';
import type { Hooks } from './hooks.js';
import type { Import } from './import.js';
import { heldAddresses } from './instance/held-addresses.js';
import { type RulePriorities, routing } from './instance/routing.js';
import { virtualMac } from './instance/virtual-mac.js';
import { nameFor } from './names.js';
import { type Trackable, trackList } from './tracking.js';

export type Node = {
  readonly globals: Fields;
  readonly hooks: Hooks;
  readonly known: Trackable;
  readonly rulePriorities: RulePriorities;
};

export function vrrpInstance(
  work: Import,
  statement: Statement,
  { globals, hooks, known, rulePriorities }: Node,
  instances: Instance[],
): void {
  const fields = new Fields(work, statement.block ?? []);
  const link = fields.word('interface');
  const router = fields.integer('virtual_router_id', 1, 255);
  if (link.from === undefined || router.from === undefined) {
    work.leaveOut(
      statement,
      `an instance here needs ${link.from === undefined ? 'an interface' : 'a virtual_router_id'}`,
    );
    return;
  }
  const name = nameFor(work, statement);
  const instance: Instance = { name, interface: link.value, vrid: router.value };
  work.put(instance, 'name', name, statement);
  work.put(instance, 'interface', link.value, link.from);
  work.put(instance, 'vrid', router.value, router.from);
  election(work, instance, fields);
  heldAddresses(work, instance, fields);
  routing(work, instance, fields, rulePriorities);
  peers(work, instance, fields);
  virtualMac(work, instance, fields);
  version(work, instance, fields, globals);
  hooks.addForStates(fields, { name, on: ['vrrp-transition'], names: [name] });
  hooks.mails.add('instances', name, fields);
  gratuitous(work, instance, fields, globals);
  trackList(work, instance, fields, known);
  work.push(instances, instance, statement);
  fields.tellRest('vrrp_instance');
}

const SECOND = ns(NS_PER_S);
const SECOND_BURST = ns(5 * NS_PER_S);

function election(work: Import, instance: Instance, fields: Fields): void {
  const priority = fields.integer('priority', 1, 255);
  work.putOr(instance, 'priority', priority.value ?? 100, priority.from);
  const advert = fields.timer('advert_int');
  work.putOr(instance, 'advert_interval', formatHumantime(advert.value ?? SECOND), advert.from);
  const nopreempt = fields.one('nopreempt');
  const preempt = fields.one('preempt');
  work.putOr(instance, 'preempt', nopreempt === undefined, nopreempt ?? preempt);
  const delay = fields.timer('preempt_delay');
  if (delay.from !== undefined) work.put(instance, 'preempt_delay', formatHumantime(delay.value), delay.from);
  const state = fields.one('state');
  if (state !== undefined) {
    work.otherwise(
      state,
      'every instance of Fulcrum starts as backup, and the priority decides, which keepalived ends with too',
    );
  }
  const native = fields.one('native_ipv6');
  if (native !== undefined) work.otherwise(native, 'the addresses say whether it is IPv4 or IPv6');
}

function peers(work: Import, instance: Instance, fields: Fields): void {
  const source = first(fields.word('unicast_src_ip'), fields.word('mcast_src_ip'));
  if (source.from !== undefined) work.put(instance, 'source', source.value, source.from);
  const block = fields.one('unicast_peer');
  if (block === undefined) return;
  const list: string[] = [];
  for (const line of block.block ?? []) {
    work.push(list, line.keyword, line);
    if (line.words.length > 0) work.otherwise(line, 'adverts between nodes of Fulcrum have a TTL of 255');
  }
  work.put(instance, 'mode', 'unicast', block);
  instance.peers = list;
}

const first = <Type>(one: Value<Type>, other: Value<Type>): Value<Type> => (one.from === undefined ? other : one);

function gratuitous(work: Import, instance: Instance, fields: Fields, globals: Fields): void {
  const section: Gratuitous = {};
  const minimal = globals.flag('vrrp_min_garp');
  const count = first(fields.integer('garp_master_repeat', 0, 100), globals.integer('vrrp_garp_master_repeat', 0, 100));
  if (count.from === undefined && minimal.value === true && minimal.from !== undefined)
    work.put(section, 'count', 1, minimal.from);
  else work.putOr(section, 'count', count.value ?? 5, count.from);
  const refresh = first(fields.timer('garp_master_refresh'), globals.timer('vrrp_garp_master_refresh'));
  work.putOr(section, 'refresh', formatHumantime(refresh.value ?? ns(0)), refresh.from);
  const again = first(
    fields.integer('garp_master_refresh_repeat', 1, 100),
    globals.integer('vrrp_garp_master_refresh_repeat', 1, 100),
  );
  if (again.from !== undefined) work.put(section, 'refresh_count', again.value, again.from);
  const interval = globals.timer('vrrp_garp_interval');
  if (interval.from !== undefined) work.put(section, 'interval', formatHumantime(interval.value), interval.from);
  secondBurst(work, section, fields, globals);
  instance.gratuitous = section;
}

/** keepalived sends the first burst once more, after 5 s where nothing says more; vrrp_min_garp asks for one packet in all. */
function secondBurst(work: Import, section: Gratuitous, fields: Fields, globals: Fields): void {
  const delay = first(fields.timer('garp_master_delay'), globals.timer('vrrp_garp_master_delay'));
  const minimal = globals.flag('vrrp_min_garp').value === true;
  const after = delay.value ?? (minimal ? ns(0) : SECOND_BURST);
  work.putOr(section, 'repeat_after', formatHumantime(after), delay.from);
  work.putOr(section, 'repeat_count', after === 0 ? 0 : (section.count ?? 0), delay.from);
}
