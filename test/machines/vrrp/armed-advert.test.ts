/**
 * All interleavings of the threads' steps, with the real functions on real memory: each function is one atomic step on the word,
 * and between two steps of one thread any number of steps of the others may come. What a thread knows by itself (its place, the
 * token that it read, what it copied) is a part of the state, so states that were seen are not walked again.
 */
import test from 'ava';
import { arm, armedToken, claim, finish, isSettled, takeBack } from '../../../src/machines/vrrp/armed-advert.js';

const ADVERTS = 3;
/** In the shared memory: the word, and the number of the packet that is written beside it. */
const WORD = 0;
const PACKET = 1;

type Sent = { readonly by: string; readonly packet: number };
type World = {
  readonly words: Int32Array;
  readonly wire: Sent[];
  /** The packets that were taken back and are not to leave. */
  readonly dead: Set<number>;
  readonly threads: Thread[];
  readonly faults: string[];
};
type Thread = { readonly name: string; at: number; token: number; packet: number; round: number };
/** One step of a thread that is at this place; false = it waits, or has ended. */
type Program = (world: World, me: Thread) => boolean;

const send = (world: World, me: Thread): void => {
  if (world.wire.some(({ packet }) => packet === me.packet)) world.faults.push(`${me.name}: ${me.packet} left twice`);
  if (world.dead.has(me.packet)) world.faults.push(`${me.name}: ${me.packet} left after it was taken back`);
  const newest = Math.max(0, ...world.wire.map(({ packet }) => packet));
  if (me.packet < newest) world.faults.push(`${me.name}: ${me.packet} left after ${newest}`);
  world.wire.push({ by: me.name, packet: me.packet });
};

/** Arms one after the other. `resigns`: takes the last one back for good, and says its last word. */
const first =
  (resigns: boolean): Program =>
  (world, me) => {
    const { words } = world;
    switch (me.at) {
      case 0: // The packet is written while nothing is armed.
        me.round += 1;
        me.packet = me.round;
        words[PACKET] = me.packet;
        me.at = 1;
        return true;
      case 1:
        me.token = arm(words, WORD);
        me.at = 2;
        return true;
      case 2: {
        const ours = takeBack(words, WORD, me.token);
        const last = me.round === ADVERTS;
        if (ours && last && resigns) world.dead.add(me.packet);
        me.at = ours && !(last && resigns) ? 3 : 4;
        return true;
      }
      case 3:
        send(world, me);
        me.at = 4;
        return true;
      case 4: // Whatever comes next comes after what was claimed.
        if (!isSettled(words, WORD)) return false;
        me.at = me.round < ADVERTS ? 0 : 5;
        return true;
      case 5:
        me.at = 6;
        me.packet = ADVERTS + 1;
        send(world, me);
        return true;
      default:
        return false;
    }
  };

/** Claims what it sees; what it copied is of no use unless its claim succeeds. */
const second: Program = (world, me) => {
  const { words } = world;
  switch (me.at) {
    case 0:
      me.token = armedToken(words, WORD);
      if (me.token === 0) return false;
      me.at = 1;
      return true;
    case 1:
      me.packet = words[PACKET] as number;
      me.at = 2;
      return true;
    case 2:
      me.at = claim(words, WORD, me.token) ? 3 : 0;
      return true;
    case 3:
      send(world, me);
      me.at = 4;
      return true;
    default:
      finish(words, WORD, me.token);
      me.at = 0;
      return true;
  }
};

/** Somebody else who takes back whatever is armed. */
const disarmer: Program = (world, me) => {
  const { words } = world;
  if (me.at === 0) {
    me.token = armedToken(words, WORD);
    if (me.token === 0) return false;
    me.packet = me.token;
    me.at = 1;
    return true;
  }
  if (me.at > 1) return false;
  me.at = 2;
  // Packets are numbered as the tokens are: see below.
  if (takeBack(words, WORD, me.token)) world.dead.add(me.token >> 2);
  return true;
};

function explore(programs: Readonly<Record<string, Program>>) {
  const seen = new Set<string>();
  const ends = new Set<string>();
  const faults = new Set<string>();
  const start: World = {
    words: new Int32Array(new SharedArrayBuffer(8)),
    wire: [],
    dead: new Set(),
    threads: Object.keys(programs).map((name) => ({ name, at: 0, token: 0, packet: 0, round: 0 })),
    faults: [],
  };
  const waiting = [start];
  for (let world = waiting.pop(); world !== undefined; world = waiting.pop()) {
    const key = JSON.stringify([[...world.words], world.wire, [...world.dead], world.threads]);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const fault of world.faults) faults.add(fault);
    let moved = false;
    for (const [index, program] of Object.values(programs).entries()) {
      const next = copyOf(world);
      if (!program(next, next.threads[index] as Thread)) continue;
      moved = true;
      waiting.push(next);
    }
    if (!moved) ends.add(world.wire.map(({ by, packet }) => `${packet} ${by}`).join(', '));
  }
  return { states: seen.size, ends: [...ends], faults: [...faults] };
}

function copyOf(world: World): World {
  const words = new Int32Array(new SharedArrayBuffer(8));
  words.set(world.words);
  return {
    words,
    wire: [...world.wire],
    dead: new Set(world.dead),
    threads: world.threads.map((thread) => ({ ...thread })),
    faults: [...world.faults],
  };
}

test('in every order of their steps two threads send each advert exactly once, and in order', (t) => {
  const { ends, faults, states } = explore({ first: first(false), second });
  t.deepEqual(faults, []);
  t.true(states > 100, `${states}`);
  // Each by either: nothing else is an end.
  t.is(ends.length, 2 ** ADVERTS);
  for (const end of ends) t.regex(end, /^1 \w+, 2 \w+, 3 \w+, 4 first$/);
});

test('in every order of their steps nothing leaves after the word of a master that steps down', (t) => {
  const { ends, faults } = explore({ first: first(true), second });
  t.deepEqual(faults, []);
  t.true(ends.every((end) => end.endsWith('4 first')));
  t.true(ends.some((end) => !end.includes('3 ')) && ends.some((end) => end.includes('3 second')));
});

test('two threads that claim, one that arms and one that disarms: none leaves twice, late, or after it was taken back', (t) => {
  const { ends, faults, states } = explore({ first: first(true), second, third: second, disarmer });
  t.deepEqual(faults, []);
  t.true(states > 1000 && ends.length > 2 ** ADVERTS, `${states} states, ${ends.length} ends`);
});

test('a thread that stands still with a claim is seen, and nothing else is armed over it', (t) => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const token = arm(words, WORD);
  t.true(claim(words, WORD, token));
  t.false(isSettled(words, WORD));
  t.false(takeBack(words, WORD, token));
  finish(words, WORD, token);
  t.true(isSettled(words, WORD));
  t.is(armedToken(words, WORD), 0);
  t.not(arm(words, WORD), token);
});

test('numbers begin again after the last one, and no two in a row are the same', (t) => {
  const words = Int32Array.of(2 ** 31 - 1, 0);
  let before = 0;
  for (let count = 0; count < 4; count += 1) {
    const token = arm(words, WORD);
    t.not(token, before);
    t.is(armedToken(words, WORD), token);
    t.true(takeBack(words, WORD, token));
    before = token;
  }
});
