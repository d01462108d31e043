/** vrrp_sync_group: instances that are master, backup or at fault together. */
import type { Instance, SyncGroup } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { Fields } from './fields.js';
import type { Hooks, Subject } from './hooks.js';
import type { Import } from './import.js';
import { nameFor, safeName } from './names.js';
import { type Trackable, trackList } from './tracking.js';

export type Members = { readonly instances: readonly Instance[]; readonly hooks: Hooks; readonly known: Trackable };

export function syncGroup(
  work: Import,
  statement: Statement,
  { instances, hooks, known }: Members,
  groups: SyncGroup[],
): void {
  const fields = new Fields(work, statement.block ?? []);
  const members: string[] = [];
  const blocks = fields.all('group');
  for (const block of blocks) {
    work.use(block);
    for (const line of block.block ?? []) {
      for (const word of [line.keyword, ...line.words]) {
        const name = safeName(word);
        if (instances.some((instance) => instance.name === name)) work.push(members, name, line);
        else work.leaveOut(line, `there is no instance '${word}', or it was left out`);
      }
    }
  }
  if (members.length === 0) {
    work.leaveOut(statement, 'it has no instance that could be carried over');
    return;
  }
  const name = nameFor(work, statement);
  const group: SyncGroup = { name, instances: members };
  work.put(group, 'name', name, statement);
  work.trace.note(group, 'instances', ...blocks);
  trackList(work, group, fields, known);
  const subject: Subject = { name, on: ['sync-group-state'], names: [name] };
  hooks.addForStates(fields, subject);
  hooks.mails.add('groups', name, fields);
  work.push(groups, group, statement);
  fields.tellRest('vrrp_sync_group');
}
