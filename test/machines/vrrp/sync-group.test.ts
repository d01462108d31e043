import test from 'ava';
import { SyncGroup, type SyncMember } from '../../../src/machines/vrrp/sync-group.js';
import type { VrrpState } from '../../../src/model/states.js';
import { ns } from '../../../src/model/units.js';

/** `ready`: a backup whose timer has run out. */
const places = ['init', 'fault', 'backup', 'ready', 'master'] as const;
type Place = (typeof places)[number];

/** A member that does what it is told, and tells its group of it as a router does. */
class FakeMember implements SyncMember {
  readonly name: string;
  place: Place;
  faults: readonly string[];
  readonly intervalNs = ns(1e9);
  readonly done: string[] = [];
  group: SyncGroup | null = null;

  constructor(name: string, place: Place) {
    this.name = name;
    this.place = place;
    this.faults = place === 'fault' ? ['no carrier'] : [];
  }
  get state(): VrrpState {
    return this.place === 'ready' ? 'backup' : this.place;
  }
  get isReady(): boolean {
    return this.place === 'ready';
  }
  promote(): void {
    this.done.push('promote');
    this.become('master', 'its timer');
  }
  goAlong(why: string): void {
    this.done.push(`along: ${why}`);
    this.become('backup', why);
  }
  stepDown(why: string): void {
    this.done.push(`step down: ${why}`);
    this.become('backup', why);
  }
  linger(byNs: number): void {
    this.done.push(`linger ${byNs}`);
  }
  become(place: Place, why: string): void {
    const from = this.state;
    this.place = place;
    if (this.state !== from) this.group?.changed(this, from, this.state, why);
  }
}

function groupOf(...at: readonly Place[]) {
  const changes: string[] = [];
  const members = at.map((place, index) => new FakeMember(`vi${index + 1}`, place));
  const group = new SyncGroup('g1', (from, to, why) => changes.push(`${from} -> ${to}: ${why}`));
  group.assign(members, 'configured');
  for (const member of members) member.group = group;
  changes.length = 0;
  return { group, members, changes, places: () => members.map(({ place }) => place) };
}

/** Every group of one to four members, in every combination of what they can be. */
function* combinations(size: number): Generator<readonly Place[]> {
  if (size === 0) yield [];
  else for (const rest of combinations(size - 1)) for (const place of places) yield [...rest, place];
}
const all = [1, 2, 3, 4].flatMap((size) => [...combinations(size)]);

test('the combinations are 5 to the number of members', (t) => {
  t.is(all.length, 5 + 25 + 125 + 625);
});

test('a member becomes master exactly when each other one is ready or master', (t) => {
  for (const combination of all) {
    const { group, members } = groupOf(...combination);
    members.forEach((member, at) => {
      const others = combination.filter((_, index) => index !== at);
      const expected = others.every((place) => place === 'ready' || place === 'master');
      t.is(group.mayPromote(member), expected, `${combination.join()} at ${at}`);
    });
  }
});

test('whoever becomes master takes the ready ones along, and nobody else', (t) => {
  for (const combination of all) {
    combination.forEach((place, at) => {
      if (place !== 'ready' && place !== 'backup') return;
      const { members, places: after } = groupOf(...combination);
      members[at]?.become('master', 'its timer');
      const expected = combination.map((each, index) => (index === at || each === 'ready' ? 'master' : each));
      t.deepEqual(after(), expected, `${combination.join()} at ${at}`);
    });
  }
});

test('a master that yields takes every other master along; they linger where it is not the first', (t) => {
  for (const combination of all) {
    combination.forEach((place, at) => {
      if (place !== 'master') return;
      const { members, places: after } = groupOf(...combination);
      members[at]?.become('backup', 'a better master');
      const expected = combination.map((each) => (each === 'master' ? 'backup' : each));
      t.deepEqual(after(), expected, `${combination.join()} at ${at}`);
      members.forEach(({ done }, index) => {
        const along = index !== at && combination[index] === 'master';
        const why = `along: sync group g1 went along with vi${at + 1}: a better master`;
        const expectedOrders = [...(along ? [why] : []), ...(at === 0 ? [] : ['linger 2000000000'])];
        t.deepEqual(done, expectedOrders, `${combination.join()} at ${at}: ${index}`);
      });
    });
  }
});

test('no member but one that leaves mastership or enters it moves the others', (t) => {
  for (const combination of all) {
    combination.forEach((_, at) => {
      for (const to of ['init', 'fault', 'backup'] as const) {
        const { members } = groupOf(...combination);
        const member = members[at] as FakeMember;
        if (member.state === 'master' && to === 'backup') continue;
        member.become(to, 'it happened');
        t.true(members.every(({ done }) => done.length === 0));
      }
    });
  }
});

test('a backup that follows a master makes every master of the group step down', (t) => {
  for (const combination of all) {
    combination.forEach((place, at) => {
      if (place !== 'backup') return;
      const { group, members, places: after } = groupOf(...combination);
      group.followed(members[at] as FakeMember);
      t.deepEqual(
        after(),
        combination.map((each) => (each === 'master' ? 'backup' : each)),
      );
    });
  }
});

test('asked to step down, all masters do, and none goes along as if it had yielded; without one it is refused', (t) => {
  for (const combination of all) {
    const { group, members, places: after } = groupOf(...combination);
    t.is(group.stepDown('an operator'), combination.includes('master'));
    t.deepEqual(
      after(),
      combination.map((each) => (each === 'master' ? 'backup' : each)),
    );
    members.forEach(({ done }, at) => {
      t.deepEqual(done, combination[at] === 'master' ? ['step down: an operator'] : []);
    });
  }
});

test('what one lacks all lack; each tells its own first, else the first of the others', (t) => {
  for (const combination of all) {
    const { group, members } = groupOf(...combination);
    const first = combination.indexOf('fault');
    members.forEach((member, at) => {
      const along = first < 0 ? [] : [`sync group g1 went along with vi${first + 1}: no carrier`];
      t.deepEqual(group.faultsOf(member), combination[at] === 'fault' ? ['no carrier'] : along);
    });
  }
});

test('the state of the group is told once for each change, with the reason of the member that began it', (t) => {
  const start = groupOf('init', 'init');
  start.members[0]?.become('backup', 'started');
  start.members[1]?.become('backup', 'started');
  t.deepEqual(start.changes, ['init -> backup: vi1: started']);
  const promoted = groupOf('ready', 'backup');
  promoted.members[1]?.become('master', 'no advert');
  t.deepEqual(promoted.changes, ['backup -> master: vi2: no advert']);
  const yielded = groupOf('master', 'master', 'master');
  yielded.members[1]?.become('backup', 'a better master');
  t.deepEqual(yielded.changes, ['master -> backup: vi2: a better master']);
  const asked = groupOf('master', 'master');
  asked.group.stepDown('an operator asked');
  t.deepEqual(asked.changes, ['master -> backup: an operator asked']);
  const faulty = groupOf('master', 'master');
  const [one, two] = faulty.members;
  if (one === undefined || two === undefined) throw new Error('no members');
  two.faults = ['eth1 is down'];
  for (const member of [one, two]) member.become('fault', faulty.group.faultsOf(member).join('; '));
  t.deepEqual(faulty.changes, ['master -> fault: vi2: eth1 is down']);
  t.is(faulty.group.why, 'vi2: eth1 is down');
  two.faults = [];
  for (const member of [one, two]) member.become('backup', 'there again');
  t.deepEqual(faulty.changes.slice(1), ['fault -> backup: vi2: there again']);
});
