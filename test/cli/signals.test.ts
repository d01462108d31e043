import { EventEmitter } from 'node:events';
import test from 'ava';
import { Hangups } from '../../src/cli/signals.js';

test('a hang-up that comes before anybody listens is kept, once', (t) => {
  const process = new EventEmitter();
  const hangups = new Hangups(process);
  let heard = 0;
  process.emit('SIGHUP');
  process.emit('SIGHUP');
  hangups.listen(() => {
    heard += 1;
  });
  t.is(heard, 1);
  process.emit('SIGHUP');
  t.is(heard, 2);
});

test('without one nothing is reloaded', (t) => {
  new Hangups(new EventEmitter()).listen(() => t.fail());
  t.pass();
});
