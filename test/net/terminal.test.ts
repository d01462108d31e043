import test from 'ava';
import { stderrTakesColour } from '../../src/net/terminal.js';

test('colour is for a terminal whose user has not asked for plain text', (t) => {
  t.true(stderrTakesColour({ TERM: 'xterm', NO_COLOR: '' }, true));
  t.false(stderrTakesColour({ TERM: 'xterm' }, false));
  t.false(stderrTakesColour({ TERM: 'xterm', NO_COLOR: '1' }, true));
  t.false(stderrTakesColour({ TERM: 'dumb' }, true));
});
