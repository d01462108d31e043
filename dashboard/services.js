// The list of services, each with its backends.

import { BackendRow, trafficText } from './backend-row.js';
import { byId, make, setChildren, setHidden, setState, setText, showMeter } from './dom.js';
import { hostPort, places, shownState } from './format.js';

/** Rows of a service that are in the page at first, and that each "show more" adds. */
const PAGE = 50;
/** With more backends than this in all, healthy services start folded. */
const FOLD_BEYOND = 60;

const severity = { unhealthy: 0, draining: 1, unknown: 2, disabled: 3, healthy: 4 };

export class ServiceList {
  #cards = new Map();
  #live;
  #control;
  #details;

  constructor(live, control, details) {
    this.#live = live;
    this.#control = control;
    this.#details = details;
  }

  /** `words`: each must be found, in lower case; `problemsOnly`: hides what is well. */
  render({ words, problemsOnly }) {
    const services = [...this.#live.services.values()]
      .filter(({ item }) => item !== null)
      .sort((a, b) => Number(a.item.healthy) - Number(b.item.healthy));
    const total = services.reduce((sum, { backends }) => sum + backends.size, 0);
    const cards = [];
    let shownBackends = 0;
    for (const service of services) {
      const found = findBackends(service, words, problemsOnly);
      if (found === null) continue;
      shownBackends += found.length;
      const card = this.#card(service.name);
      const filtered = words.length > 0 || problemsOnly;
      card.render(service, found, { foldable: total > FOLD_BEYOND, filtered });
      cards.push(card.element);
    }
    for (const name of this.#cards.keys()) {
      if (!this.#live.services.has(name)) this.#cards.delete(name);
    }
    setChildren(byId('service-list'), cards);
    const filtered = words.length > 0 || problemsOnly;
    const some = `${cards.length} of ${services.length} services, ${shownBackends} of ${total} backends`;
    setText(byId('shown'), services.length === 0 ? 'No services are configured.' : filtered ? some : '');
  }

  /** Names of services whose backends are in the page: their checks are worth asking for. */
  openServices() {
    return [...this.#cards.values()].filter((card) => card.open && card.element.isConnected).map((card) => card.name);
  }

  /** Newest details of a service have come. */
  renderDetails(name) {
    this.#cards.get(name)?.renderDetails();
  }

  #card(name) {
    const known = this.#cards.get(name);
    if (known !== undefined) return known;
    const made = new ServiceCard(name, this.#control, this.#details);
    this.#cards.set(name, made);
    return made;
  }
}

/** The backends to show, problems first; null when the service itself is not to be shown. */
function findBackends({ item, backends }, words, problemsOnly) {
  const all = [...backends.values()];
  const wanted = problemsOnly ? all.filter(({ state }) => state !== 'healthy') : all;
  if (problemsOnly && wanted.length === 0 && item.healthy) return null;
  const serviceText = `${item.name} ${item.why} ${item.healthy ? 'healthy' : 'unhealthy'}`.toLowerCase();
  const serviceFits = words.every((word) => serviceText.includes(word));
  const fitting = serviceFits ? wanted : wanted.filter((backend) => fits(backend, item.name, words));
  if (fitting.length === 0 && !serviceFits) return null;
  return fitting
    .map((backend, index) => ({ backend, index }))
    .sort((a, b) => severity[a.backend.state] - severity[b.backend.state] || a.index - b.index)
    .map(({ backend }) => backend);
}

function fits(backend, service, words) {
  const { name, address, port, state, why } = backend;
  const text = `${service} ${name} ${hostPort(address, port)} ${state} ${shownState(backend)} ${why}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

class ServiceCard {
  name;
  element;
  open = true;
  #rows = new Map();
  #control;
  #details;
  #limit = PAGE;
  /** Whether the person folded or unfolded it: then it stays so. */
  #chosen = false;
  #last = null;
  #parts;

  constructor(name, control, details) {
    this.name = name;
    this.#control = control;
    this.#details = details;
    const id = `service-${Math.random().toString(36).slice(2)}`;
    const parts = {
      fold: make('button', { type: 'button', className: 'fold', 'aria-controls': id }),
      title: make('h3', {}, name),
      badge: make('span', { className: 'badge' }),
      where: make('span', { className: 'where' }),
      count: make('span', { className: 'count' }),
      meter: make('div', { className: 'meter', 'aria-hidden': 'true' }),
      why: make('p', { className: 'why' }),
      body: make('div', { className: 'body scroll', id }),
      rows: make('tbody'),
      more: make('button', { type: 'button', className: 'more quiet' }),
    };
    this.#parts = parts;
    parts.fold.addEventListener('click', () => {
      this.#chosen = true;
      this.open = !this.open;
      this.#renderLast();
      this.#details.wake();
    });
    parts.more.addEventListener('click', () => {
      this.#limit += PAGE * 2;
      this.#renderLast();
    });
    parts.body.append(
      make(
        'table',
        { className: 'backends' },
        make('caption', { className: 'hidden' }, `Backends of ${name}`),
        heading(),
        parts.rows,
      ),
      parts.more,
    );
    this.element = make(
      'article',
      { className: 'service panel' },
      make(
        'header',
        {},
        parts.fold,
        make('div', { className: 'name' }, parts.title, parts.badge),
        parts.where,
        make('div', { className: 'health' }, parts.count, parts.meter),
      ),
      parts.why,
      parts.body,
    );
  }

  render(service, found, { foldable, filtered }) {
    this.#last = [service, found, { foldable, filtered }];
    const { item, backends } = service;
    const states = new Map();
    for (const { state } of backends.values()) states.set(state, (states.get(state) ?? 0) + 1);
    const healthy = states.get('healthy') ?? 0;
    const well = item.healthy && healthy === backends.size;
    if (!this.#chosen) this.open = filtered || !foldable || !well;
    const parts = this.#parts;
    const state = item.healthy ? 'healthy' : 'unhealthy';
    setState(this.element, state);
    setState(parts.badge, state);
    setText(parts.badge, state);
    setText(parts.count, `${healthy} of ${backends.size} healthy`);
    showMeter(parts.meter, states);
    setText(parts.why, item.why);
    if (parts.fold.getAttribute('aria-expanded') !== String(this.open)) {
      parts.fold.setAttribute('aria-expanded', String(this.open));
      parts.fold.setAttribute('aria-label', `${this.open ? 'Hide' : 'Show'} the backends of ${this.name}`);
    }
    setHidden(parts.body, !this.open);
    this.#renderHead();
    if (this.open) this.#renderRows(backends, found);
  }

  renderDetails() {
    this.#renderHead();
    if (this.open) for (const [key, row] of this.#rows) row.renderChecks(this.#details.backend(this.name, key));
  }

  #renderLast() {
    if (this.#last !== null) this.render(...this.#last);
  }

  #renderHead() {
    const view = this.#details.service(this.name);
    if (view === null) return;
    const address = view.fwmark === null ? places(view) : `fwmark ${view.fwmark}`;
    const notes = [view.sorry ? 'sorry server' : '', view.enabled ? '' : 'disabled'].filter((note) => note !== '');
    if (view.traffic !== null) notes.push(trafficText(view.traffic));
    setText(this.#parts.where, [`${view.protocol} ${address}`, view.scheduler, view.forwarding, ...notes].join(' · '));
  }

  #renderRows(backends, found) {
    for (const key of this.#rows.keys()) if (!backends.has(key)) this.#rows.delete(key);
    const shown = found.slice(0, this.#limit);
    setChildren(
      this.#parts.rows,
      shown.flatMap((backend) => {
        const row = this.#row(backend.key);
        row.render(backend, this.#details.backend(this.name, backend.key));
        return row.elements();
      }),
    );
    const rest = found.length - shown.length;
    setHidden(this.#parts.more, rest === 0);
    setText(this.#parts.more, `Show ${Math.min(rest, PAGE * 2)} more of ${rest}`);
  }

  #row(key) {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const made = new BackendRow(this.#control, () => this.#renderLast());
    this.#rows.set(key, made);
    return made;
  }
}

const heading = () =>
  make(
    'thead',
    {},
    make(
      'tr',
      {},
      ...[
        ['Backend', 'col-backend'],
        ['State', 'col-state'],
        ['Weight', 'col-weight number'],
        ['Checks', 'col-checks'],
        ['Why', ''],
        ['', 'col-commands'],
      ].map(([text, className]) => make('th', { scope: 'col', className }, text || hiddenText('Commands'))),
    ),
  );

const hiddenText = (text) => make('span', { className: 'hidden' }, text);
