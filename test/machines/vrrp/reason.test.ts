import test from 'ava';
import { type RouterReason, reasonText } from '../../../src/machines/vrrp/reason.js';
import { type RouterSettings, VrrpRouter } from '../../../src/machines/vrrp/router.js';
import { compileTable } from '../../../src/machines/vrrp/table.js';
import { masterDownInterval } from '../../../src/machines/vrrp/timers.js';
import { ns, nsFromMs } from '../../../src/model/units.js';
import { RecordedPort } from '../../support/rigs/recorded-port.js';

const second = nsFromMs(1000);
const lowerAddress = -1;
const higherAddress = 1;

/** A router of priority 100 that tells in words what happened to it. */
class Story {
  readonly port = new RecordedPort();
  readonly router: VrrpRouter;
  nowNs = 0;

  constructor(over: Partial<RouterSettings>) {
    const settings = {
      version: 3 as const,
      priority: 100,
      intervalNs: second,
      preempt: true,
      preemptDelayNs: ns(0),
      ...over,
    };
    this.router = new VrrpRouter(this.port, settings, compileTable);
  }
  start(): this {
    this.router.control('startup', ns(this.nowNs), 'started');
    return this;
  }
  hears(priority: number, order = lowerAddress): this {
    this.nowNs += second / 2;
    this.router.advert(priority, second, order, ns(this.nowNs));
    return this;
  }
  /** Waits for whatever is due next. */
  waits(): this {
    this.nowNs = this.router.deadlineNs;
    this.router.due(ns(this.nowNs));
    return this;
  }
  is(what: 'failover' | 'fault' | 'recovered' | 'shutdown', why: string): this {
    this.router.control(what, ns(this.nowNs), why);
    return this;
  }
  /** The last change of state. */
  get last(): string {
    return this.port.said.filter((said) => said.includes(' -> ')).at(-1) ?? '';
  }
}

type Row = readonly [what: string, told: string, over: Partial<RouterSettings>, happens: (story: Story) => Story];
const rows: readonly Row[] = [
  ['a start', 'init -> backup: started', {}, (s) => s.start()],
  ['a start of an address owner', 'init -> master: started', { priority: 255 }, (s) => s.start()],
  ['a start with a fault', 'init -> fault: eth0 is down', {}, (s) => s.is('fault', 'eth0 is down')],
  ['nobody there', 'backup -> master: unheard', {}, (s) => s.start().waits()],
  ['a silent master', 'backup -> master: silent', {}, (s) => s.start().hears(200).waits()],
  ['a silent master of the same priority', 'backup -> master: silent', {}, (s) => s.start().hears(100).waits()],
  [
    'a silent lower master without preemption',
    'backup -> master: silent',
    { preempt: false },
    (s) => s.start().hears(50).waits(),
  ],
  ['a master that resigns', 'backup -> master: resigned', {}, (s) => s.start().hears(200).hears(0).waits()],
  ['a resignation and nothing else', 'backup -> master: resigned', {}, (s) => s.start().hears(0).waits()],
  [
    'a resignation, and another master that falls silent later',
    'backup -> master: silent',
    {},
    (s) => s.start().hears(0).hears(200).waits(),
  ],
  ['a lower master', 'backup -> master: preempts', {}, (s) => s.start().hears(50).hears(50).waits()],
  [
    'a lower master that resigns while it is being preempted',
    'backup -> master: resigned',
    {},
    (s) => s.start().hears(50).hears(0).waits(),
  ],
  [
    'a lower master after the preempt delay',
    'backup -> master: preempts',
    { preemptDelayNs: nsFromMs(1500) },
    (s) => s.start().hears(50).hears(50).waits().hears(50).waits(),
  ],
  [
    'a lower master that falls silent in the preempt delay',
    'backup -> master: silent',
    { preemptDelayNs: nsFromMs(1500) },
    (s) => s.start().hears(50).waits().waits(),
  ],
  ['a better master', 'master -> backup: higher', {}, (s) => s.start().waits().hears(200)],
  ['a tie that is lost', 'master -> backup: tie-lost', {}, (s) => s.start().waits().hears(100, higherAddress)],
  ['an operator', 'master -> backup: asked', {}, (s) => s.start().waits().is('failover', 'asked')],
  [
    'nobody after an operator',
    'backup -> master: untaken',
    {},
    (s) => s.start().hears(200).waits().is('failover', 'asked').waits(),
  ],
  [
    'a silent master after an operator',
    'backup -> master: silent',
    {},
    (s) => s.start().waits().is('failover', 'asked').hears(50).waits(),
  ],
  [
    'a master that resigns after an operator',
    'backup -> master: resigned',
    {},
    (s) => s.start().waits().is('failover', 'asked').hears(50).hears(0).waits(),
  ],
  ['a fault of a master', 'master -> fault: eth0 is down', {}, (s) => s.start().waits().is('fault', 'eth0 is down')],
  ['a fault of a backup', 'backup -> fault: eth0 is down', {}, (s) => s.start().is('fault', 'eth0 is down')],
  ['a recovery', 'fault -> backup: back', {}, (s) => s.start().is('fault', 'down').is('recovered', 'back')],
  [
    'a recovery of an address owner',
    'fault -> master: back',
    { priority: 255 },
    (s) => s.start().is('fault', 'down').is('recovered', 'back'),
  ],
  [
    'what was heard before a fault is forgotten',
    'backup -> master: unheard',
    {},
    (s) => s.start().hears(200).is('fault', 'down').is('recovered', 'back').waits(),
  ],
  ['a stop of a master', 'master -> init: stopped', {}, (s) => s.start().waits().is('shutdown', 'stopped')],
  ['a stop of a backup', 'backup -> init: stopped', {}, (s) => s.start().is('shutdown', 'stopped')],
  ['a stop in fault', 'fault -> init: stopped', {}, (s) => s.is('fault', 'down').is('shutdown', 'stopped')],
];

for (const [what, told, over, happens] of rows) {
  test(`a change of state tells what happened: ${what}`, (t) => {
    t.is(happens(new Story(over)).last, told);
  });
}

test('an owner says that it is one', (t) => {
  const told: RouterReason[] = [];
  const port = new RecordedPort();
  port.changed = (_from, _to, reason) => void told.push(reason);
  const settings = { version: 3 as const, priority: 255, intervalNs: second, preempt: true, preemptDelayNs: ns(0) };
  new VrrpRouter(port, settings, compileTable).control('startup', ns(0), 'started');
  t.deepEqual(told, [{ kind: 'owner', why: 'started' }]);
});

const facts = { peer: '10.0.0.2, priority 200', masterDownMs: 321.875, refused: null };
const texts: readonly (readonly [RouterReason, string])[] = [
  [{ kind: 'asked', why: 'stopped' }, 'stopped'],
  [{ kind: 'owner', why: 'started' }, 'started: the owner of the addresses (priority 255) is master at once'],
  [{ kind: 'resigned' }, 'the master resigned: 10.0.0.2, priority 200'],
  [
    { kind: 'silent' },
    'no advert within the master down interval of 321.9 ms; the last was from 10.0.0.2, priority 200',
  ],
  [{ kind: 'unheard' }, 'no master was heard: no advert within the master down interval of 321.9 ms'],
  [
    { kind: 'untaken' },
    'no other node took over after this one was asked to step down: no advert within the master down interval of 321.9 ms',
  ],
  [{ kind: 'preempts' }, 'a master of lower priority was preempted: 10.0.0.2, priority 200'],
  [{ kind: 'higher' }, 'a master of higher priority was heard: 10.0.0.2, priority 200'],
  [{ kind: 'tie-lost' }, 'a master of the same priority and a higher address was heard: 10.0.0.2, priority 200'],
];
for (const [reason, text] of texts) {
  test(`a reason in words: ${reason.kind}`, (t) => {
    t.is(reasonText(reason, facts), text);
  });
}

test('a reason does not say that nobody spoke where adverts were refused', (t) => {
  t.is(
    reasonText({ kind: 'unheard' }, { ...facts, peer: null, refused: 'its password is wrong' }),
    'no master was heard: no advert within the master down interval of 321.9 ms (one was refused: its password is wrong)',
  );
});

test('RFC 9568 6.4.2: a reason names the interval that was waited for', (t) => {
  const story = new Story({}).start().hears(200).waits();
  t.is(story.nowNs, second / 2 + masterDownInterval(100, second));
});
