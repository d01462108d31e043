// The daemon's pushed state and events, kept up to date over one event stream.

const EVENTS_KEPT = 200;
const EVENT_TYPES = [
  'backend-state',
  'backend-weight',
  'service-state',
  'vrrp-state',
  'vrrp-alarm',
  'maintenance',
  'sync-group-state',
  'track-state',
  'dataplane',
  'drift',
  'actor',
  'config',
  'shutdown-request',
  'alarm',
];
/** A browser gives a stream up for good when it is refused; then we ask again. */
const REFUSED_RETRY_MS = 5000;

/** What of an item the state of the whole depends on; its figures change every second. */
function standingOf(item) {
  switch (item?.type) {
    case 'service':
      return `${item.enabled} ${item.healthy} ${item.why}`;
    case 'maintenance':
      return item.since;
    case 'vrrp':
      return `${item.view.state} ${item.view.why}`;
    case 'actor':
      return `${item.view.state} ${item.view.restarts}`;
    default:
      return '';
  }
}

export class Live {
  /** Every item of the state by its key. */
  items = new Map();
  /** Services and their backends, in the order in which they were told. */
  services = new Map();
  /** Newest first. */
  events = [];
  connection = 'connecting';

  #onChange;
  #onConnected;

  /** `onChange(what)`: 'state', 'standing' (of something that the whole depends on), 'events' or 'connection'. `onConnected()`: (again) in touch with a daemon. */
  constructor(onChange, onConnected) {
    this.#onChange = onChange;
    this.#onConnected = onConnected;
  }

  async start() {
    let resume = '';
    try {
      const recent = await (await fetch(`/api/v1/events/recent?limit=${EVENTS_KEPT}`)).json();
      this.events = recent.reverse();
      if (this.events.length > 0) resume = `&last_event_id=${encodeURIComponent(this.events[0].id)}`;
      this.#onChange('events');
    } catch {
      // The stream tells that the daemon cannot be reached.
    }
    this.#connect(`/api/v1/events?state=true${resume}`);
  }

  #connect(url) {
    const stream = new EventSource(url);
    stream.onopen = () => {
      this.#setConnection('live');
      this.#onConnected();
    };
    stream.onerror = () => {
      this.#setConnection('reconnecting');
      if (stream.readyState !== EventSource.CLOSED) return;
      setTimeout(() => this.#connect('/api/v1/events?state=true'), REFUSED_RETRY_MS);
    };
    for (const type of ['state-all', 'resync']) {
      stream.addEventListener(type, ({ data }) => this.#takeAll(JSON.parse(data).items));
    }
    stream.addEventListener('state', ({ data }) => this.#take(JSON.parse(data)));
    stream.addEventListener('state-gone', ({ data }) => this.#forget(JSON.parse(data).key));
    for (const type of EVENT_TYPES) {
      stream.addEventListener(type, ({ data }) => {
        this.events.unshift(JSON.parse(data));
        this.events.length = Math.min(this.events.length, EVENTS_KEPT);
        this.#onChange('events');
      });
    }
  }

  #setConnection(connection) {
    this.connection = connection;
    this.#onChange('connection');
  }

  #takeAll(items) {
    this.items.clear();
    this.services.clear();
    for (const item of items) this.#keep(item);
    this.#onChange('state');
  }

  #take(item) {
    this.#keep(item);
    this.#onChange('state');
  }

  #keep(item) {
    const before = standingOf(this.items.get(item.key));
    this.items.set(item.key, item);
    if (item.type === 'service') this.#service(item.name).item = item;
    if (item.type === 'backend') this.#service(item.service).backends.set(item.key, item);
    if (standingOf(item) !== before) this.#onChange('standing');
  }

  #forget(key) {
    const item = this.items.get(key);
    if (item === undefined) return;
    this.items.delete(key);
    if (standingOf(item) !== '') this.#onChange('standing');
    if (item.type === 'service') this.services.delete(item.name);
    if (item.type === 'backend') this.services.get(item.service)?.backends.delete(key);
    this.#onChange('state');
  }

  #service(name) {
    const known = this.services.get(name);
    if (known !== undefined) return known;
    const made = { name, item: null, backends: new Map() };
    this.services.set(name, made);
    return made;
  }

  *ofType(type) {
    for (const item of this.items.values()) if (item.type === type) yield item;
  }
}
