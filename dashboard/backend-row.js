// One backend: a row, and below it, when it is opened, its checks in full.
import { make, setChildren, setState, setText } from './dom.js';
import { bytes, clock, hostPort, milliseconds, plural, shownState } from './format.js';
import { showNotice } from './notice.js';

const commandsOf = {
  healthy: ['drain', 'disable'],
  unhealthy: ['drain', 'disable'],
  unknown: ['drain', 'disable'],
  draining: ['enable', 'disable'],
  disabled: ['enable'],
  drained: ['disable', 'enable'],
};
const labels = { drain: 'Drain', disable: 'Disable', enable: 'Enable' };
const consequences = {
  drain: 'It takes no new connections, and leaves when the last one has ended or the time limit is over.',
  disable: 'It is taken out at once; its connections may be cut.',
  enable: 'It takes traffic again as far as its checks allow.',
};

export class BackendRow {
  #control;
  #backend = null;
  #details = null;
  #open = false;
  #onToggle;
  #row;
  #more;
  #parts;

  /** `onToggle`: its checks are shown or hidden. */
  constructor(control, onToggle) {
    this.#control = control;
    this.#onToggle = onToggle;
    const parts = {
      toggle: make('button', { type: 'button', className: 'toggle', 'aria-expanded': 'false' }),
      name: make('span', { className: 'backend-name' }),
      address: make('span', { className: 'address' }),
      badge: make('span', { className: 'badge' }),
      connections: make('span', { className: 'note' }),
      weight: make('td', { className: 'number' }),
      checks: make('td', { className: 'checks' }),
      why: make('td', { className: 'reason' }),
      commands: make('td', { className: 'commands' }),
      list: make('tbody'),
    };
    this.#parts = parts;
    parts.toggle.append(parts.name, parts.address);
    parts.toggle.addEventListener('click', () => {
      this.#open = !this.#open;
      parts.toggle.setAttribute('aria-expanded', String(this.#open));
      this.#onToggle();
    });
    this.#row = make(
      'tr',
      { className: 'backend' },
      make('th', { scope: 'row' }, parts.toggle),
      make('td', {}, parts.badge, parts.connections),
      parts.weight,
      parts.checks,
      parts.why,
      parts.commands,
    );
    const head = ['Check', 'Target', 'State', 'Last', 'Took', 'In a row', 'Result'];
    this.#more = make(
      'tr',
      { className: 'details' },
      make(
        'td',
        { colSpan: 6 },
        make(
          'table',
          { className: 'plain' },
          make('thead', {}, make('tr', {}, ...head.map((text) => make('th', { scope: 'col' }, text)))),
          parts.list,
        ),
      ),
    );
  }

  elements() {
    return this.#open ? [this.#row, this.#more] : [this.#row];
  }

  render(backend, details) {
    const parts = this.#parts;
    const before = this.#backend;
    this.#backend = backend;
    if (backend !== before) {
      const address = hostPort(backend.address, backend.port);
      setText(parts.name, backend.name);
      setText(parts.address, backend.name === address ? '' : address);
      setState(this.#row, backend.state);
      setState(parts.badge, backend.state);
      setText(parts.badge, shownState(backend));
      setText(parts.why, backend.why);
    }
    this.#renderCommands();
    this.renderChecks(details);
  }

  /** `details`: the backend as the API shows it, null until that was asked for. */
  renderChecks(details) {
    const parts = this.#parts;
    const { weight } = this.#backend;
    const configured = details?.configured_weight ?? weight;
    const operators = details?.operator_weight ?? null;
    const meant = operators ?? configured;
    const now = weight === meant ? String(weight) : `${weight} of ${meant}`;
    setText(parts.weight, operators === null ? now : `${now} (file ${configured})`);
    if (details === this.#details && !this.#open) return;
    this.#details = details;
    const checks = details?.checks ?? [];
    setChildren(parts.checks, sameLength(parts.checks, checks, checkChip));
    checks.forEach((check, index) => {
      fillChip(parts.checks.children[index], check);
    });
    setText(parts.connections, details?.traffic == null ? '' : trafficText(details.traffic));
    if (!this.#open) return;
    setChildren(parts.list, sameLength(parts.list, checks, checkLine));
    checks.forEach((check, index) => {
      fillLine(parts.list.children[index], check);
    });
  }

  #renderCommands() {
    const { commands } = this.#parts;
    const wanted = this.#control.possible ? commandsOf[shownState(this.#backend)] : [];
    const now = [...commands.children].map(({ dataset }) => dataset.command);
    if (now.join() === wanted.join()) return;
    setChildren(
      commands,
      wanted.map((command) => {
        const button = make('button', { type: 'button', className: 'quiet', data: { command } }, labels[command]);
        button.setAttribute('aria-label', `${labels[command]} ${this.#backend.name} in ${this.#backend.service}`);
        button.addEventListener('click', () => this.#command(command));
        return button;
      }),
    );
  }

  async #command(command) {
    const { name, service } = this.#backend;
    const path = `/api/v1/backends/${encodeURIComponent(name)}/${command}?service=${encodeURIComponent(service)}`;
    const confirm = {
      title: `${labels[command]} ${name}?`,
      text: `In the service ${service}. ${consequences[command]}`,
      button: labels[command],
    };
    try {
      const answer = await this.#control.send(path, confirm);
      if (answer !== null) showNotice(`${command}: ${answer.changed.join(', ') || 'it was so already'}`, 'good');
    } catch (error) {
      showNotice(`${command} ${name}: ${error.message}`, 'bad');
    }
  }
}

/** What flows to a backend, or to all of a service. */
export function trafficText({ active, inactive, connections, bytes_in, bytes_out }) {
  const more = inactive > 0 ? ` and ${inactive} inactive` : '';
  return `${plural(active, 'connection')}${more}, ${connections} ever · ${bytes(bytes_in)} in, ${bytes(bytes_out)} out`;
}

/** The children that are there, with new ones added, or the surplus left out. */
const sameLength = (parent, values, create) => values.map((_, index) => parent.children[index] ?? create());

const checkChip = () => make('span', { className: 'chip' }, make('b'), make('span'));

function fillChip(chip, { type, state, duration_ms, last_check, message }) {
  setState(chip, state);
  setText(chip.children[0], type);
  setText(chip.children[1], last_check === null ? '…' : milliseconds(duration_ms));
  const title = `${type}: ${state}, ${message}`;
  if (chip.title !== title) chip.title = title;
}

const checkLine = () =>
  make('tr', {}, ...Array.from({ length: 7 }, (_, index) => make('td', { className: index === 6 ? 'reason' : '' })));

function fillLine(line, check) {
  const { type, target, state, last_check, duration_ms, failures, successes, message } = check;
  setState(line, state);
  const row = failures > 0 ? `${failures} failed` : `${successes} passed`;
  const texts = [
    type,
    target,
    state,
    last_check === null ? 'never' : clock(last_check),
    milliseconds(duration_ms),
    row,
  ];
  [...texts, message].forEach((text, index) => {
    setText(line.children[index], text);
  });
}
