// Commands to the daemon, and the token that allows them.
import { byId, setHidden, setText } from './dom.js';

const TOKEN_KEY = 'fulcrum-token';

export class Control {
  /** Whether the daemon takes changes over TCP at all. */
  #possible = false;
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
    byId('lock').addEventListener('click', () => (this.#token === null ? this.#askForToken() : this.#lock()));
    for (const button of document.querySelectorAll('dialog [data-close]')) {
      button.addEventListener('click', () => button.closest('dialog').close(''));
    }
  }

  get #token() {
    return sessionStorage.getItem(TOKEN_KEY);
  }

  /** Buttons are shown when it is possible; without a token they ask for it first. */
  get possible() {
    return this.#possible;
  }

  setPossible(possible) {
    this.#possible = possible;
    this.#show();
  }

  /** Asks for confirmation where `confirm` says so, then sends it. Answers with what the daemon says, or null when given up. */
  async send(path, confirm = null) {
    if (confirm !== null && !(await ask(confirm))) return null;
    if (this.#token === null && !(await this.#askForToken())) return null;
    const response = await fetch(path, { method: 'POST', headers: { authorization: `Bearer ${this.#token}` } });
    const answer = await response.json();
    if (response.ok) return answer;
    if (response.status === 401) this.#lock();
    throw new Error(answer.detail ?? `HTTP ${response.status}`);
  }

  #lock() {
    sessionStorage.removeItem(TOKEN_KEY);
    this.#show();
  }

  async #askForToken() {
    const input = byId('token');
    input.value = '';
    setText(byId('token-error'), '');
    if ((await answerOf(byId('token-dialog'))) !== 'ok') return false;
    sessionStorage.setItem(TOKEN_KEY, input.value.trim());
    input.value = '';
    this.#show();
    return true;
  }

  #show() {
    const button = byId('lock');
    setHidden(button, !this.#possible);
    setHidden(byId('read-only'), this.#possible);
    document.body.classList.toggle('read-only', !this.#possible);
    setText(button, this.#token === null ? 'Allow changes' : 'Lock changes');
    this.#onChange();
  }
}

function ask({ title, text, button }) {
  setText(byId('confirm-title'), title);
  setText(byId('confirm-text'), text);
  setText(byId('confirm-ok'), button);
  return answerOf(byId('confirm-dialog')).then((answer) => answer === 'ok');
}

function answerOf(dialog) {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}
