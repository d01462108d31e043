import test from 'ava';
import { createActor } from 'xstate';
import {
  type RouterEffect,
  type RouterEventType,
  type RouterFlags,
  type RouterPlace,
  routerEvents,
  routerPlaces,
  vrrpMachine,
} from '../../../src/machines/vrrp/state-machine.js';
import { compileTable, stateOf, step } from '../../../src/machines/vrrp/table.js';

const plain: RouterFlags = { owner: false, preempt: true, delayed: false };
type Row = readonly [RouterPlace, RouterEventType, RouterPlace, readonly RouterEffect[]];

const promote: RouterEffect[] = ['send-advert', 'take-addresses', 'announce', 'arm-advert'];
const follow: RouterEffect[] = ['learn-interval', 'arm-master-down'];
const yieldTo: RouterEffect[] = ['send-advert', 'release-addresses', ...follow];
const wait: RouterEffect[] = ['own-interval', 'arm-master-down'];
const resign: RouterEffect[] = ['send-resignation', 'release-addresses'];

// Every state and event in which a router with preemption and without a delay does something; the rest does nothing.
const rows: readonly Row[] = [
  ['init', 'startup', 'backup.following', wait],
  ['init', 'fault', 'fault', []],
  ['fault', 'recovered', 'backup.following', wait],
  ['fault', 'shutdown', 'init', []],
  ...(['following', 'delaying', 'preempting', 'yielded'] as const).flatMap((substate): Row[] => {
    const place = `backup.${substate}` as const;
    return [
      [place, 'timer', 'master', promote],
      [place, 'advert-resigned', place, ['arm-skew']],
      [place, 'advert-tie-won', 'backup.following', follow],
      [place, 'advert-tie-lost', 'backup.following', follow],
      [place, 'advert-higher', 'backup.following', follow],
      [place, 'shutdown', 'init', ['disarm']],
      [place, 'fault', 'fault', ['disarm']],
    ];
  }),
  ['backup.following', 'advert-lower', 'backup.preempting', []],
  ['backup.delaying', 'advert-lower', 'backup.delaying', follow],
  ['backup.delaying', 'preempt-delay-over', 'backup.preempting', []],
  ['backup.preempting', 'advert-lower', 'backup.preempting', []],
  ['backup.yielded', 'advert-lower', 'backup.yielded', follow],
  ['master', 'timer', 'master', ['send-advert', 'arm-advert']],
  ['master', 'advert-resigned', 'master', ['send-advert', 'arm-advert']],
  ['master', 'advert-lower', 'master', ['send-advert', 'announce-again']],
  ['master', 'advert-tie-won', 'master', ['send-advert', 'announce-again']],
  ['master', 'advert-tie-lost', 'backup.following', yieldTo],
  ['master', 'advert-higher', 'backup.following', yieldTo],
  ['master', 'failover', 'backup.yielded', [...resign, ...wait]],
  ['master', 'yield', 'backup.following', [...resign, ...wait]],
  ['master', 'shutdown', 'init', [...resign, 'disarm']],
  ['master', 'fault', 'fault', [...resign, 'disarm']],
];

// What the flags change.
const owner: readonly Row[] = [
  ['init', 'startup', 'master', promote],
  ['fault', 'recovered', 'master', promote],
];
const withoutPreemption: readonly Row[] = [
  ['backup.following', 'advert-lower', 'backup.following', follow],
  ['backup.preempting', 'advert-lower', 'backup.following', follow],
];
const withDelay: readonly Row[] = [
  ['backup.following', 'advert-lower', 'backup.delaying', [...follow, 'arm-preempt-delay']],
];

function expected(flags: RouterFlags, place: RouterPlace, event: RouterEventType) {
  const special = [
    ...(flags.owner ? owner : []),
    ...(flags.preempt ? (flags.delayed ? withDelay : []) : withoutPreemption),
  ];
  const row = [...special, ...rows].find(([from, type]) => from === place && type === event);
  return { next: row?.[2] ?? place, effects: row?.[3] ?? [] };
}

for (const isOwner of [false, true]) {
  for (const preempt of [false, true]) {
    for (const delayed of [false, true]) {
      const flags = { owner: isOwner, preempt, delayed };
      test(`the transition table is complete and right with ${JSON.stringify(flags)}`, (t) => {
        const table = compileTable(flags);
        for (const place of routerPlaces) {
          for (const event of routerEvents) {
            t.deepEqual(table[place][event], expected(flags, place, event), `${place} at ${event}`);
          }
        }
      });
    }
  }
}

test('a promotion speaks first and changes addresses after it', (t) => {
  t.deepEqual(step(plain, 'backup.following', 'timer').effects, promote);
  t.is(promote[0], 'send-advert');
});

test('RFC 9568 6.4.3: a shutdown resigns before the addresses go', (t) => {
  t.deepEqual(step(plain, 'master', 'shutdown').effects.slice(0, 2), ['send-resignation', 'release-addresses']);
});

test('RFC 9568 6.4.2: a backup that shuts down says nothing and cancels its timer', (t) => {
  t.deepEqual(step(plain, 'backup.following', 'shutdown'), { next: 'init', effects: ['disarm'] });
});

test('the table names every state of the machine, and no other', (t) => {
  const named = Object.entries(vrrpMachine.config.states ?? {}).flatMap(([state, { states }]) =>
    states === undefined ? [state] : Object.keys(states).map((substate) => `${state}.${substate}`),
  );
  t.deepEqual([...named].sort(), [...routerPlaces].sort());
  t.is(stateOf('backup.yielded'), 'backup');
});

test('an xstate actor walks the same way as the table', (t) => {
  const actor = createActor(vrrpMachine, { input: plain }).start();
  const table = compileTable(plain);
  let place: RouterPlace = 'init';
  const walk: RouterEventType[] = ['startup', 'advert-lower', 'timer', 'failover', 'advert-lower', 'timer', 'fault'];
  for (const type of walk) {
    actor.send({ type });
    place = table[place][type].next;
    const { value } = actor.getSnapshot();
    t.is(typeof value === 'string' ? value : Object.entries(value)[0]?.join('.'), place);
  }
  t.is(place, 'fault');
});
