// One line at the top that says what a command did, and goes by itself.
import { byId, setHidden, setState, setText } from './dom.js';

const SHOWN_MS = 8000;
let hide = 0;

/** `kind`: good or bad. */
export function showNotice(text, kind) {
  const notice = byId('notice');
  setText(notice, text);
  setState(notice, kind);
  setHidden(notice, false);
  clearTimeout(hide);
  hide = setTimeout(() => setHidden(notice, true), SHOWN_MS);
}
