/** What an operator asks of an instance, or of a sync group as a whole. Each throws CommandError where this node is not master. */

import type { SyncGroup } from '../../../machines/vrrp/sync-group.js';
import { CommandError } from '../../../model/errors.js';
import type { VrrpInstance } from '../instance/instance.js';

const WHY = 'an operator asked it to step down';
const ONCE = 'master again only if no other node is';

export function instanceStepDown(instance: VrrpInstance): string {
  const { name, member } = instance;
  if (member.state !== 'master') {
    const { peer } = instance.view();
    const master = peer === null ? '' : `; ask the master, ${peer.address}`;
    throw new CommandError('ERR_CONFLICT', `${name} is ${member.state} here, not master${master}`);
  }
  member.stepDown(WHY);
  return `${name} stepped down; it is ${ONCE}`;
}

export function groupStepDown(group: SyncGroup): string {
  const what = `sync group ${group.name}`;
  const members = group.members.map(({ name }) => name).join(', ');
  if (!group.stepDown(WHY)) throw new CommandError('ERR_CONFLICT', `${what} is ${group.state} here, not master`);
  return `${what} stepped down (${members}); they are ${ONCE}`;
}
