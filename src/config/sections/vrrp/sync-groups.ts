/** What holds between sync groups and their members. */
import { type Report, type Steps, Unique } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { nearest } from '../../../wire/text/nearest.js';
import { OWNER_PRIORITY } from '../../../wire/vrrp/advert.js';
import type { InstanceDocument, VrrpDocument } from './schema.js';
import { type Trackable, trackRules } from './tracking.js';

type InstanceDraft = Draft<InstanceDocument>;
type Member = { readonly instance: InstanceDraft; readonly at: number };

export const syncGroupRules = (vrrp: Draft<VrrpDocument> | undefined, things: Trackable, report: Report): void => {
  const known = new Map<string, Member>();
  vrrp?.instances?.forEach((instance, at) => {
    if (instance?.name !== undefined) known.set(instance.name, { instance, at });
  });
  const names = new Unique(report);
  const taken = new Unique(report);
  vrrp?.sync_groups?.forEach((group, index) => {
    if (group === undefined) return;
    const path = ['vrrp', 'sync_groups', index];
    names.add(group.name, [...path, 'name'], (first) => `the name '${group.name}' is taken by ${first}`);
    if (group.name !== undefined && known.has(group.name)) {
      const why = `an instance has the name '${group.name}': \`fulcrum failover ${group.name}\` would mean both`;
      report.error([...path, 'name'], why);
    }
    const members: Member[] = [];
    group.instances?.forEach((name, place) => {
      if (name === undefined) return;
      const at = [...path, 'instances', place];
      taken.add(name, at, (first) => `${name} is a member already, at ${first}: it can be in one group`);
      const member = known.get(name);
      if (member === undefined) report.error(at, `there is no instance '${name}': ${hint(name, [...known.keys()])}`);
      else members.push(member);
    });
    priorities(members, path, report);
    for (const member of members) ignoredWeights(member, report);
    trackRules(group, path, things, report);
  });
};

const hint = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known);
  return near === undefined ? 'there are no instances' : `the nearest known one is '${near}'`;
};

const priorities = (members: readonly Member[], path: Steps, report: Report): void => {
  const all = new Set(members.flatMap(({ instance }) => instance.priority ?? []));
  if (all.size < 2) return;
  const differ = `its members have the priorities ${[...all].join(', ')}`;
  if (all.has(OWNER_PRIORITY)) {
    report.error([...path, 'instances'], `${differ}: none or all of them own their addresses (${OWNER_PRIORITY})`);
  } else {
    const why = 'where they disagree who is to be master, one that is a backup keeps all of them backups';
    report.warning([...path, 'instances'], `${differ}: give them the same one; ${why}`);
  }
};

const ignoredWeights = ({ instance, at }: Member, report: Report): void => {
  instance.track?.forEach((entry, place) => {
    if (typeof entry?.weight !== 'number' || entry.weight === 0) return;
    const why = 'the weights of a member of a sync group are ignored: track it in the group';
    report.warning(['vrrp', 'instances', at, 'track', place, 'weight'], why);
  });
};
