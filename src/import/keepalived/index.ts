/** A configuration of keepalived (2.2 and 2.4), in ours: no I/O but the files that it includes, which the caller reads. */
import type { Document, Imported, Instance, Service, SyncGroup, Vrrp } from '../document.js';
import type { SourceFiles } from '../files.js';
import { blocksOf, type Statement } from './language/blocks.js';
import type { Surroundings } from './language/definitions.js';
import { readLines } from './language/reader.js';
import { Fields } from './mapping/fields.js';
import { dataplane, node, vrrpOptions } from './mapping/globals.js';
import { Hooks } from './mapping/hooks.js';
import { Import } from './mapping/import.js';
import { RulePriorities } from './mapping/instance/routing.js';
import { virtualServer } from './mapping/services/virtual-servers.js';
import { syncGroup } from './mapping/sync-groups.js';
import { trackable } from './mapping/tracking.js';
import { vrrpInstance } from './mapping/vrrp.js';

export type Source = { readonly file: string; readonly text: string; readonly files: SourceFiles };

/** @throws ConfigError where the file, or one that it includes, cannot be read */
export function importKeepalived({ file, text, files }: Source, around: Surroundings): Imported {
  const lines = readLines(file, text, files, around);
  const { statements, remarks } = blocksOf(lines.lines);
  const work = new Import(file);
  for (const { lost, ...remark } of [...lines.remarks, ...remarks]) {
    work.notes.push({ ...remark, kind: lost ? 'left-out' : 'otherwise' });
  }
  if (lines.skipped > 0) {
    const why = `${lines.skipped} lines are for other hosts than '${around.host}' (--host): they are not looked at`;
    work.notes.push({ at: { file, line: 1 }, keyword: '@', kind: 'otherwise', why });
  }
  const document = documentOf(work, statements, around.host);
  work.tellRest(statements, 'top');
  return { document, trace: work.trace, notes: work.notes };
}

function documentOf(work: Import, statements: readonly Statement[], host: string): Document {
  const top = new Fields(work, statements);
  const inside = (keyword: string): Fields => {
    const blocks = top.all(keyword);
    work.use(...blocks);
    return new Fields(
      work,
      blocks.flatMap(({ block }) => block ?? []),
    );
  };
  const globals = inside('global_defs');
  const ssl = inside('SSL');
  const document: Document = {};
  node(work, document, globals);
  const hooks = new Hooks(work, globals, host);
  const vrrp: Vrrp = {};
  const known = trackable(work, top, globals, vrrp);
  const instances: Instance[] = [];
  const around = { globals, hooks, known, rulePriorities: new RulePriorities() };
  for (const statement of top.all('vrrp_instance')) vrrpInstance(work, statement, around, instances);
  const syncGroups: SyncGroup[] = [];
  for (const statement of top.all('vrrp_sync_group'))
    syncGroup(work, statement, { instances, hooks, known }, syncGroups);
  const services: Service[] = [];
  const shared = { groups: top.all('virtual_server_group'), globals, ssl, hooks, files: known.files };
  for (const statement of top.all('virtual_server')) virtualServer(work, statement, shared, services);
  if (services.length > 0) document.services = services;
  dataplane(work, document, globals, top.all('vrrp_instance'));
  vrrpOptions(work, vrrp, globals);
  if (instances.length > 0) vrrp.instances = instances;
  if (syncGroups.length > 0) vrrp.sync_groups = syncGroups;
  if (Object.keys(vrrp).length > 0) document.vrrp = vrrp;
  hooks.addPipes();
  hooks.mails.addTo(hooks.list);
  if (hooks.list.length > 0) document.hooks = hooks.list;
  globals.tellRest('global_defs');
  ssl.tellRest('SSL');
  return document;
}
