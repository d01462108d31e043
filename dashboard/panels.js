// Everything beside the services: the summary, VRRP, actors and events.
import { byId, make, setChildren, setHidden, setState, setText, showMeter } from './dom.js';
import { clock, microseconds, milliseconds, plural, shownState } from './format.js';
import { showNotice } from './notice.js';

export function renderTiles(live) {
  const services = [...live.ofType('service')];
  const wanted = services.filter(({ enabled }) => enabled);
  const sick = wanted.filter(({ healthy }) => !healthy).map(({ name }) => name);
  const disabled = services.length - wanted.length;
  tile(
    'services',
    `${wanted.length - sick.length} / ${wanted.length}`,
    `${sick.length === 0 ? 'all healthy' : list(sick)}${disabled > 0 ? `, ${disabled} disabled` : ''}`,
  );
  setState(byId('tile-services'), sick.length === 0 ? 'healthy' : 'unhealthy');

  const states = new Map();
  let backends = 0;
  for (const { state } of live.ofType('backend')) {
    backends += 1;
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  const rest = [...states].filter(([state]) => state !== 'healthy').map(([state, count]) => `${count} ${state}`);
  tile('backends', `${states.get('healthy') ?? 0} / ${backends}`, rest.length === 0 ? 'all healthy' : rest.join(', '));
  setState(byId('tile-backends'), (states.get('unhealthy') ?? 0) > 0 ? 'unhealthy' : 'healthy');
  showMeter(byId('tile-meter'), states);

  const [dataplane] = live.ofType('dataplane');
  tile('driver', dataplane?.driver ?? '–', dataplane?.why ?? 'not known yet');

  const instances = [...live.ofType('vrrp')].map(({ view }) => view);
  setHidden(byId('tile-vrrp-box'), instances.length === 0);
  const masters = instances.filter(({ state }) => state === 'master').length;
  const faults = instances.filter(({ state }) => state === 'fault').length;
  tile('vrrp', `${masters} / ${instances.length}`, `master${faults > 0 ? `, ${faults} in fault` : ''}`);
  setState(byId('tile-vrrp'), faults > 0 ? 'unhealthy' : 'healthy');

  const actors = [...live.ofType('actor')].map(({ view }) => view);
  const running = actors.filter(({ state }) => state === 'running').length;
  const restarts = actors.reduce((sum, { restarts: count }) => sum + count, 0);
  tile('actors', `${running} / ${actors.length}`, `running, ${plural(restarts, 'restart')}`);
  setState(byId('tile-actors'), running === actors.length ? 'healthy' : 'unhealthy');
}

function tile(name, figure, note) {
  setText(byId(`tile-${name}`), figure);
  const about = byId(`tile-${name}-note`);
  setText(about, note);
  if (about.title !== note) about.title = note;
}

const list = (names) =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

export class VrrpPanel {
  #cards = new Map();
  #control;

  constructor(control) {
    this.#control = control;
  }

  render(live) {
    const views = [...live.ofType('vrrp')].map(({ view }) => view);
    setHidden(byId('vrrp-panel'), views.length === 0);
    setChildren(
      byId('vrrp-list'),
      views.map((view) => this.#card(view)),
    );
  }

  #card(view) {
    let card = this.#cards.get(view.name);
    if (card === undefined) {
      card = this.#make(view.name);
      this.#cards.set(view.name, card);
    }
    const { adverts, peer } = view;
    const priority = view.effective_priority === view.priority ? '' : ` of ${view.priority}`;
    const facts = [
      ['Router', `VRID ${view.vrid} on ${view.interface}, priority ${view.effective_priority}${priority}`],
      ['Addresses', view.addresses.join(', ')],
      ['Adverts', `${adverts.sent} sent, ${adverts.received} received, ${adverts.rejected} rejected`],
      ['Late, last hour', latenessText(view.lateness_last_hour_us)],
      ['Since the start', latenessText(view.lateness_us)],
      ['Master down', `after ${milliseconds(view.master_down_interval_ms)}`],
      ['Peer', peer === null ? 'none heard' : peerText(peer)],
      ['Real time', view.realtime],
    ];
    setState(card.badge, view.state);
    setText(card.badge, view.state);
    setText(card.why, view.why);
    setHidden(card.failover, !(this.#control.possible && view.state === 'master'));
    facts.forEach(([name, text], index) => {
      setText(card.facts.children[index * 2], name);
      setText(card.facts.children[index * 2 + 1], text);
    });
    return card.element;
  }

  #make(name) {
    const badge = make('span', { className: 'badge' });
    const why = make('p', { className: 'why' });
    const facts = make('dl', {}, ...Array.from({ length: 16 }, (_, index) => make(index % 2 === 0 ? 'dt' : 'dd')));
    const failover = make('button', { type: 'button', className: 'quiet' }, 'Fail over');
    failover.setAttribute('aria-label', `Let ${name} step down once`);
    failover.addEventListener('click', () => this.#failover(name));
    const header = make('header', {}, make('h3', {}, name), badge, failover);
    return { element: make('article', { className: 'panel vrrp' }, header, why, facts), badge, why, facts, failover };
  }

  async #failover(name) {
    const confirm = {
      title: `Fail ${name} over?`,
      text: 'This node steps down once, and the next one in line takes the addresses.',
      button: 'Fail over',
    };
    try {
      const answer = await this.#control.send(`/api/v1/vrrp/${encodeURIComponent(name)}/failover`, confirm);
      if (answer !== null) showNotice(answer.message, 'good');
    } catch (error) {
      showNotice(`failover of ${name}: ${error.message}`, 'bad');
    }
  }
}

const latenessText = ({ p50, p99, max }) =>
  `p50 ${microseconds(p50)}, p99 ${microseconds(p99)}, max ${microseconds(max)}`;
const peerText = ({ address, priority, resigned }) => `${address}, priority ${priority}${resigned ? ', resigned' : ''}`;

export class ActorPanel {
  #rows = new Map();

  render(live) {
    const views = [...live.ofType('actor')].map(({ view }) => view);
    const known = new Set(views.map(({ name }) => name));
    for (const name of this.#rows.keys()) if (!known.has(name)) this.#rows.delete(name);
    setChildren(
      byId('actor-list'),
      views.map((view) => this.#row(view)),
    );
  }

  #row(view) {
    let row = this.#rows.get(view.name);
    if (row === undefined) {
      const error = make('span', { className: 'error' });
      const name = make('th', { scope: 'row' }, make('span', {}, view.name), error);
      const badge = make('span', { className: 'badge' });
      const numbers = [make('td', { className: 'number' }), make('td', { className: 'number' })];
      row = { element: make('tr', {}, name, make('td', {}, badge), ...numbers), error, badge, numbers };
      this.#rows.set(view.name, row);
    }
    setState(row.badge, view.state);
    setText(row.badge, view.state);
    setText(row.error, view.last_error ?? '');
    setText(row.numbers[0], String(view.restarts));
    setText(row.numbers[1], String(view.mailbox));
    return row.element;
  }
}

export class EventPanel {
  #lines = new Map();

  render(live) {
    const kept = new Set(live.events.map(({ id }) => id));
    for (const id of this.#lines.keys()) if (!kept.has(id)) this.#lines.delete(id);
    setHidden(byId('no-events'), live.events.length > 0);
    setChildren(
      byId('event-list'),
      live.events.map((event) => this.#line(event)),
    );
  }

  #line(event) {
    let line = this.#lines.get(event.id);
    if (line === undefined) {
      const time = make('time', { dateTime: event.at, title: event.at }, clock(event.at));
      const about = make('b', {}, aboutOf(event));
      line = make('li', { data: { state: toneOf(event) } }, time, make('div', {}, about, make('span', {}, event.why)));
      this.#lines.set(event.id, line);
    }
    return line;
  }
}

function aboutOf(event) {
  switch (event.type) {
    case 'backend-state':
      return `${event.service} / ${event.backend}: ${event.from} → ${shownState({ state: event.to, drained: event.drained })}`;
    case 'backend-weight':
      return `${event.service} / ${event.backend}`;
    case 'service-state':
      return `${event.service} is ${event.healthy ? 'healthy' : 'unhealthy'}`;
    case 'vrrp-state':
      return `${event.instance}: ${event.from} → ${event.to}`;
    case 'vrrp-alarm':
      return `${event.instance}: ${event.alarm}`;
    case 'sync-group-state':
      return `${event.group}: ${event.from} → ${event.to}`;
    case 'track-state':
      return `${event.thing} ${event.name}: ${event.thing === 'file' ? event.value : event.up ? 'good' : 'bad'}`;
    case 'dataplane':
      return `data plane: ${event.op}`;
    case 'drift':
      return `drift: ${event.op}`;
    case 'actor':
      return `${event.actor} ${event.change}`;
    case 'config':
      return `configuration ${event.change}`;
    default:
      return event.alarm ?? event.type;
  }
}

/** Good, bad or neither: the colour at its side. */
function toneOf(event) {
  switch (event.type) {
    case 'backend-state':
    case 'vrrp-state':
    case 'sync-group-state':
      return event.to;
    case 'service-state':
      return event.healthy ? 'healthy' : 'unhealthy';
    case 'vrrp-alarm':
    case 'alarm':
    case 'drift':
      return 'draining';
    case 'actor':
      return event.change === 'failed' || event.change === 'gave-up' ? 'unhealthy' : 'unknown';
    case 'config':
      return event.change === 'refused' ? 'unhealthy' : 'unknown';
    default:
      return 'unknown';
  }
}
