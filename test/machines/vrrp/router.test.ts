import test from 'ava';
import { ANSWER_SPACING_NS, NEVER, type RouterSettings, VrrpRouter } from '../../../src/machines/vrrp/router.js';
import { compileTable } from '../../../src/machines/vrrp/table.js';
import { masterDownInterval, skewTime } from '../../../src/machines/vrrp/timers.js';
import { type Nanoseconds, ns, nsFromMs } from '../../../src/model/units.js';
import { RecordedPort } from '../../support/rigs/recorded-port.js';

const second = nsFromMs(1000);
const at = (ms: number): Nanoseconds => nsFromMs(ms);
const lower = -1;
const higher = 1;

function router(over: Partial<RouterSettings> = {}) {
  const port = new RecordedPort();
  const settings = {
    version: 3 as const,
    priority: 100,
    intervalNs: second,
    preempt: true,
    preemptDelayNs: ns(0),
    ...over,
  };
  return { port, it: new VrrpRouter(port, settings, compileTable), settings };
}
function backup(over: Partial<RouterSettings> = {}) {
  const made = router(over);
  made.it.control('startup', at(0), 'started');
  made.port.take();
  return made;
}
/** Its first advert was at its own master down interval: about 3.6 s. */
function master(over: Partial<RouterSettings> = {}) {
  const made = backup(over);
  made.it.due(ns(made.it.deadlineNs));
  made.port.take();
  return made;
}

test('RFC 9568 6.4.1: a router starts as backup and waits for its own master down interval', (t) => {
  const { it, port } = router();
  t.is(it.deadlineNs, NEVER);
  it.control('startup', at(0), 'started');
  t.is(it.state, 'backup');
  t.is(it.deadlineNs, masterDownInterval(100, second));
  t.deepEqual(port.take(), ['init -> backup: started']);
});

test('RFC 9568 6.4.1: an address owner starts as master', (t) => {
  const { it, port } = router({ priority: 255 });
  it.control('startup', at(0), 'started');
  t.deepEqual(port.take(), ['advert', 'take', 'announce', 'init -> master: started']);
  t.is(it.deadlineNs, second);
});

test('RFC 9568 6.4.2: a backup that hears nothing is master at its deadline, and not before', (t) => {
  const { it, port } = backup();
  it.due(ns(it.deadlineNs - 1));
  t.deepEqual(port.take(), []);
  const deadline = it.deadlineNs;
  it.due(ns(deadline));
  t.deepEqual(port.take(), ['advert', 'take', 'announce', 'backup -> master: unheard']);
  t.is(it.deadlineNs, deadline + second);
});

test('RFC 9568 6.4.2: the master down interval follows the interval in the advert', (t) => {
  const { it } = backup();
  it.advert(200, nsFromMs(10), higher, at(500));
  t.is(it.deadlineNs, at(500) + masterDownInterval(100, nsFromMs(10)));
});

test('RFC 3768 6.1, 6.4.2: in version 2 a backup waits by its own interval, and by a skew of a part of a second', (t) => {
  const { it, settings } = backup({ version: 2, intervalNs: at(5000) });
  t.is(it.deadlineNs, masterDownInterval(100, at(5000), 2));
  it.advert(200, at(5000), higher, at(500));
  t.is(it.deadlineNs, at(500) + masterDownInterval(100, at(5000), 2));
  it.configure({ ...settings, intervalNs: at(2000) }, at(600));
  t.is(it.deadlineNs, at(500) + masterDownInterval(100, at(2000), 2));
  it.advert(0, at(2000), higher, at(700));
  t.is(it.deadlineNs, at(700) + ns(609_375_000));
});

test('RFC 9568 6.4.2: a resignation leaves the skew of the master’s interval', (t) => {
  const { it } = backup();
  it.advert(200, nsFromMs(500), higher, at(500));
  it.advert(0, nsFromMs(500), higher, at(600));
  t.is(it.deadlineNs, at(600) + skewTime(100, nsFromMs(500)));
});

test('RFC 9568 6.4.2: with preemption a lower master is discarded, an equal one followed', (t) => {
  const { it } = backup();
  const deadline = it.deadlineNs;
  it.advert(99, second, higher, at(1000));
  t.is(it.deadlineNs, deadline);
  it.advert(100, second, lower, at(2000));
  t.is(it.deadlineNs, at(2000) + masterDownInterval(100, second));
});

test('RFC 9568 6.4.2: without preemption a lower master is followed', (t) => {
  const { it } = backup({ preempt: false });
  it.advert(1, second, lower, at(1000));
  t.is(it.deadlineNs, at(1000) + masterDownInterval(100, second));
});

test('a preempt delay starts with the first lower advert, and ends in a take-over', (t) => {
  const { it, port } = backup({ preemptDelayNs: nsFromMs(5000) });
  for (let ms = 1000; ms < 6000; ms += 1000) {
    it.advert(50, second, lower, at(ms));
    it.due(at(ms));
  }
  t.is(it.place, 'backup.delaying');
  it.due(at(6000));
  t.is(it.place, 'backup.preempting');
  it.advert(50, second, lower, at(6000));
  const deadline = at(5000) + masterDownInterval(100, second);
  t.is(it.deadlineNs, deadline);
  it.due(ns(deadline));
  t.true(it.isMaster);
  t.is(port.take()[0], 'advert');
});

test('a preempt delay ends when a better master is heard', (t) => {
  const { it } = backup({ preemptDelayNs: nsFromMs(5000) });
  it.advert(50, second, lower, at(1000));
  it.advert(150, second, lower, at(2000));
  t.is(it.place, 'backup.following');
  t.is(it.deadlineNs, at(2000) + masterDownInterval(100, second));
});

test('a backup that was held up listens for as long again: the master may have been held up with it', (t) => {
  const heldUp = backup();
  const deadline = heldUp.it.deadlineNs;
  heldUp.it.due(ns(deadline + 60_000_000));
  t.deepEqual(heldUp.port.take(), []);
  t.is(heldUp.it.deadlineNs, deadline + 120_000_000);
  heldUp.it.advert(200, second, lower, ns(deadline + 60_100_000));
  t.is(heldUp.it.deadlineNs, deadline + 60_100_000 + masterDownInterval(100, second));

  const alone = backup();
  alone.it.due(ns(deadline + 60_000_000));
  alone.it.due(ns(deadline + 120_000_000));
  t.is(alone.port.take()[0], 'advert');
  t.true(alone.it.isMaster);
});

test('a backup gives grace once, at most an interval and at least what a peer needs to wake', (t) => {
  const long = backup();
  const deadline = long.it.deadlineNs;
  long.it.due(ns(deadline + 50 * second));
  t.is(long.it.deadlineNs, deadline + 51 * second);
  long.it.due(ns(deadline + 60 * second));
  t.true(long.it.isMaster);

  const short = backup();
  short.it.due(ns(deadline + 600_000));
  t.is(short.it.deadlineNs, deadline + 2_600_000);

  const punctual = backup();
  punctual.it.due(ns(deadline + 400_000));
  t.true(punctual.it.isMaster);
});

test('a backup that was held up gives no grace to a master that resigned', (t) => {
  const { it } = backup();
  it.advert(0, second, lower, at(1000));
  it.due(ns(it.deadlineNs + 60_000_000));
  t.true(it.isMaster);
});

test('RFC 9568 6.4.3: a master’s adverts are one interval apart, whatever each was late', (t) => {
  const { it, port } = master();
  const first = it.deadlineNs;
  for (let index = 0; index < 1000; index += 1) {
    t.is(it.deadlineNs, first + index * second);
    it.due(ns(it.deadlineNs + 3_000_000));
  }
  t.is(port.take().length, 1000);
});

test('a master that slept through many intervals speaks once, and stays on its grid', (t) => {
  const { it, port } = master();
  const deadline = it.deadlineNs;
  it.due(ns(deadline + 7.3 * second));
  t.deepEqual(port.take(), ['advert']);
  t.is(it.deadlineNs, deadline + 8 * second);
  it.due(ns(deadline + 10 * second));
  t.is(it.deadlineNs, deadline + 11 * second);
});

test('a master that is later than a peer’s master down interval must listen before it speaks', (t) => {
  const { it } = master();
  t.false(it.mustListenFirst(it.deadlineNs + 2 * second));
  t.true(it.mustListenFirst(it.deadlineNs + 2 * second + 1));
});

test('a backup listens before every promotion', (t) => {
  const { it } = backup();
  t.true(it.mustListenFirst(it.deadlineNs));
});

test('RFC 9568 6.4.3: a resignation of another is answered at once, and the timer starts anew', (t) => {
  const { it, port } = master();
  const now = ns(it.deadlineNs - 400_000_000);
  t.true(it.advert(0, second, lower, now));
  t.deepEqual(port.take(), ['advert']);
  t.is(it.deadlineNs, now + second);
});

test('RFC 9568 6.4.3: a lower priority, or an equal one from a lower address, is answered at once', (t) => {
  for (const [priority, order] of [
    [99, higher],
    [100, lower],
    [100, 0],
  ] as const) {
    const { it, port } = master();
    const deadline = it.deadlineNs;
    it.advert(priority, second, order, ns(deadline - 1e8));
    t.deepEqual(port.take(), ['advert', 'announce again']);
    t.is(it.deadlineNs, deadline);
  }
});

test('a flood of rivals is not answered with a flood', (t) => {
  const { it, port } = master();
  const start = it.deadlineNs - 9e8;
  let answered = 0;
  for (let us = 0; us < 100_000; us += 20) if (it.advert(1, second, lower, ns(start + us * 1000))) answered += 1;
  t.is(answered, 1e8 / ANSWER_SPACING_NS);
  t.is(port.take().filter((said) => said === 'advert').length, answered);
});

test('a flood of resignations never keeps a master from speaking', (t) => {
  const { it, port } = master();
  const start = it.deadlineNs;
  for (let us = 0; us < 100_000; us += 20) it.advert(0, nsFromMs(10), lower, ns(start + us * 1000));
  t.is(port.take().length, 1e8 / ANSWER_SPACING_NS);
});

test('RFC 9568 6.4.3: a higher priority, or an equal one from a higher address, is yielded to', (t) => {
  for (const [priority, order, why] of [
    [101, lower, 'higher'],
    [255, lower, 'higher'],
    [100, higher, 'tie-lost'],
  ] as const) {
    const { it, port } = master();
    const now = ns(it.deadlineNs - 1e8);
    it.advert(priority, nsFromMs(200), order, now);
    t.deepEqual(port.take(), ['advert', 'release', `master -> backup: ${why}`]);
    t.is(it.deadlineNs, now + masterDownInterval(100, nsFromMs(200)));
  }
});

test('RFC 9568 7.1: an address owner that is master discards every advert', (t) => {
  const { it, port } = backup({ priority: 255 });
  t.true(it.isMaster);
  const deadlineNs = it.deadlineNs;
  for (const priority of [0, 1, 100, 254, 255]) {
    for (const order of [lower, higher]) t.false(it.advert(priority, second, order, at(500)));
  }
  t.deepEqual(port.take(), []);
  t.true(it.isMaster);
  t.is(it.deadlineNs, deadlineNs);
});

test('an address owner that was asked to step down hears the new master', (t) => {
  const { it } = backup({ priority: 255 });
  it.control('failover', at(100), 'asked to step down');
  t.is(it.state, 'backup');
  t.true(it.advert(100, second, lower, at(200)));
  it.due(at(1300));
  t.is(it.state, 'backup');
});

test('RFC 9568 6.4.3: a master that shuts down resigns, and releases its addresses', (t) => {
  const { it, port } = master();
  it.control('shutdown', at(9000), 'stopped');
  t.deepEqual(port.take(), ['resign', 'release', 'master -> init: stopped']);
  t.is(it.deadlineNs, NEVER);
});

test('a fault makes a master resign; it comes back as backup', (t) => {
  const { it, port } = master();
  it.control('fault', at(9000), 'eth0 is down');
  t.deepEqual(port.take(), ['resign', 'release', 'master -> fault: eth0 is down']);
  t.is(it.deadlineNs, NEVER);
  it.advert(1, second, lower, at(9500));
  t.is(it.deadlineNs, NEVER);
  it.control('recovered', at(10_000), 'eth0 is up');
  t.is(it.state, 'backup');
  t.is(it.deadlineNs, at(10_000) + masterDownInterval(100, second));
});

test('a manual failover steps down once and does not bounce back', (t) => {
  const { it, port } = master();
  it.control('failover', at(9000), 'asked to');
  t.deepEqual(port.take(), ['resign', 'release', 'master -> backup: asked to']);
  for (let ms = 9700; ms < 60_000; ms += 1000) {
    it.advert(50, second, lower, at(ms));
    it.due(at(ms));
  }
  t.is(it.state, 'backup');
  t.deepEqual(port.take(), []);
});

test('after a manual failover it takes over again when the new master is gone', (t) => {
  const { it } = master();
  it.control('failover', at(9000), 'asked to');
  it.advert(50, second, lower, at(9700));
  it.due(ns(it.deadlineNs));
  t.true(it.isMaster);
});

test('a shorter interval takes effect within itself, a longer one after an advert in the old time', (t) => {
  const { it, settings } = master();
  const deadline = it.deadlineNs;
  it.configure({ ...settings, intervalNs: nsFromMs(100) }, ns(deadline - 9.5e8));
  t.is(it.deadlineNs, deadline - 9e8);
  const late = master();
  const due = late.it.deadlineNs;
  late.it.configure({ ...settings, intervalNs: nsFromMs(100) }, ns(due - 5e8));
  t.is(late.it.deadlineNs, due - 5e8);
  const longer = master();
  const next = longer.it.deadlineNs;
  longer.it.configure({ ...settings, intervalNs: nsFromMs(4000) }, ns(next - 5e8));
  t.is(longer.it.deadlineNs, next);
  longer.it.due(ns(next));
  t.is(longer.it.deadlineNs, next + nsFromMs(4000));
});

test('a new priority changes a backup’s wait from the last advert on', (t) => {
  const { it, settings } = backup();
  it.advert(200, second, lower, at(1000));
  it.configure({ ...settings, priority: 150 }, at(1500));
  t.is(it.deadlineNs, at(1000) + masterDownInterval(150, second));
});

test('preemption that is switched off follows the lower master that it would have replaced', (t) => {
  const { it, settings } = backup();
  it.advert(50, second, lower, at(1000));
  t.is(it.place, 'backup.preempting');
  it.configure({ ...settings, preempt: false }, at(1100));
  it.advert(50, second, lower, at(2000));
  t.is(it.deadlineNs, at(2000) + masterDownInterval(100, second));
});

test('a start in fault stays there until it is recovered', (t) => {
  const { it, port } = router();
  it.control('fault', at(0), 'eth0 is missing');
  t.is(it.state, 'fault');
  it.due(at(100_000));
  t.deepEqual(port.take(), ['init -> fault: eth0 is missing']);
});
