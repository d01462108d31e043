/** global_defs, where it is about the whole node. */
import { formatHumantime } from '../../../wire/text/humantime.js';
import type { Dataplane, Document, Node, Sync, Vrrp } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { type Fields, integerOf } from './fields.js';
import type { Import } from './import.js';

export function node(work: Import, document: Document, globals: Fields): void {
  const name = globals.word('router_id');
  if (name.from === undefined) return;
  const section: Node = {};
  work.put(section, 'name', name.value, name.from);
  document.node = section;
}

export function dataplane(work: Import, document: Document, globals: Fields, instances: readonly Statement[]): void {
  const section: Dataplane = {};
  if (document.services !== undefined) section.driver = 'ipvs';
  const flush = globals.one('lvs_flush');
  if (flush !== undefined) {
    work.put(section, 'manage', 'all', flush);
    work.otherwise(flush, 'Fulcrum removes services that are not its own at any time, and not at its start alone');
  }
  const sync = syncOf(work, globals, instances);
  if (sync !== null) section.sync = sync;
  if (Object.keys(section).length > 0) document.dataplane = section;
}

/** `lvs_sync_daemon IF [[inst] NAME] [id N] [port N] [ttl N] [group IP]`, or an instance's lvs_sync_daemon_interface. */
function syncOf(work: Import, globals: Fields, instances: readonly Statement[]): Sync | null {
  const from = globals.one('lvs_sync_daemon');
  if (from === undefined) return syncOfInstance(work, instances);
  const [link = '', ...options] = from.words;
  const known = ['inst', 'id', 'maxlen', 'port', 'ttl', 'group'];
  const after = (word: string) => (options.includes(word) ? options[options.indexOf(word) + 1] : undefined);
  const [second = 'inst'] = options;
  const instance = after('inst') ?? (known.includes(second) ? undefined : second);
  if (instance === undefined) {
    work.leaveOut(from, 'connection synchronisation follows an instance here, and it names none');
    return null;
  }
  const sync: Sync = { instance, interface: link };
  work.put(sync, 'instance', instance, from);
  work.put(sync, 'sync_id', integerOf(after('id') ?? '') ?? routerOf(instances, instance), from);
  const port = integerOf(after('port') ?? '');
  const ttl = integerOf(after('ttl') ?? '');
  const group = after('group');
  if (port !== null) work.put(sync, 'port', port, from);
  if (ttl !== null) work.put(sync, 'ttl', ttl, from);
  if (group !== undefined) work.put(sync, 'group', group, from);
  if (options.includes('maxlen')) work.otherwise(from, 'the length of its messages is for the kernel to choose');
  return sync;
}

function syncOfInstance(work: Import, instances: readonly Statement[]): Sync | null {
  for (const instance of instances) {
    const from = instance.block?.find(({ keyword }) => keyword === 'lvs_sync_daemon_interface');
    const [link] = from?.words ?? [];
    const [name = ''] = instance.words;
    if (from === undefined || link === undefined) continue;
    const sync: Sync = { instance: name, interface: link };
    work.put(sync, 'interface', link, from);
    work.trace.put(sync, 'sync_id', routerOf(instances, name));
    return sync;
  }
  return null;
}

/** keepalived takes the instance's own identifier. */
function routerOf(instances: readonly Statement[], name: string): number {
  const instance = instances.find(({ words }) => words[0] === name);
  const router = instance?.block?.find(({ keyword }) => keyword === 'virtual_router_id');
  return integerOf(router?.words[0] ?? '') ?? 0;
}

export function vrrpOptions(work: Import, section: Vrrp, globals: Fields): void {
  const delay = globals.timer('vrrp_startup_delay');
  if (delay.from !== undefined) work.put(section, 'startup_delay', formatHumantime(delay.value), delay.from);
}
