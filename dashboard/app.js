// The dashboard: wires the live state to the page. Hand-written, no build, nothing from elsewhere.
import { Control } from './control.js';
import { Details } from './details.js';
import { byId, onFrame, setHidden, setState, setText } from './dom.js';
import { duration } from './format.js';
import { Live } from './live.js';
import { ActorPanel, EventPanel, renderTiles, VrrpPanel } from './panels.js';
import { ServiceList } from './services.js';
import { startTheme } from './theme.js';

/** Components are not told of: they are asked for. */
const OVERALL_PERIOD_MS = 5000;
/** What comes together is asked for once. */
const OVERALL_DELAY_MS = 200;

startTheme();

const drawState = onFrame(() => {
  showMaintenance();
  renderTiles(live);
  services.render(filter());
  vrrp.render(live);
  actors.render(live);
});
const drawEvents = onFrame(() => events.render(live));

const live = new Live((what) => {
  if (what === 'state') drawState();
  else if (what === 'events') drawEvents();
  else if (what === 'standing') refreshOverallSoon();
  else showConnection();
}, refreshDaemon);
const control = new Control(drawState);
const details = new Details(
  () => services.openServices(),
  (name) => services.renderDetails(name),
);
const services = new ServiceList(live, control, details);
const vrrp = new VrrpPanel(control);
const actors = new ActorPanel();
const events = new EventPanel();

function filter() {
  const words = byId('filter').value.toLowerCase().split(/\s+/);
  return { words: words.filter((word) => word !== ''), problemsOnly: byId('problems').checked };
}

byId('filter').addEventListener('input', drawState);
byId('problems').addEventListener('change', drawState);
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement || document.querySelector('dialog[open]') !== null;
  if (event.key === '/' && !typing) {
    event.preventDefault();
    byId('filter').focus();
  }
});

const connectionNames = { connecting: 'connecting', live: 'live', reconnecting: 'reconnecting' };
function showConnection() {
  setState(byId('connection'), live.connection);
  setText(byId('connection'), connectionNames[live.connection]);
  document.body.classList.toggle('stale', live.connection === 'reconnecting');
}

let startedMs = null;
/** What a daemon tells once: after every (re)connection it may be another one. */
async function refreshDaemon() {
  try {
    const status = await (await fetch('/api/v1/status')).json();
    setText(byId('node'), status.node);
    setText(byId('version'), `version ${status.version}`);
    document.title = `${status.node} – Fulcrum`;
    startedMs = Date.now() - status.uptime_ms;
    control.setPossible(status.changes_over_tcp);
    showUptime();
    await refreshOverall();
  } catch {
    // The connection's own state says it.
  }
}

async function refreshOverall() {
  if (document.hidden || live.connection !== 'live') return;
  try {
    const { state, why } = await (await fetch('/api/v1/overall')).json();
    setState(byId('overall'), state);
    setText(byId('overall'), state);
    setText(byId('overall-why'), why);
    setState(byId('overall-why'), state);
    setHidden(byId('overall-why'), why === '');
  } catch {
    // As above.
  }
}

let asked = false;
function refreshOverallSoon() {
  if (asked) return;
  asked = true;
  setTimeout(() => {
    asked = false;
    refreshOverall();
  }, OVERALL_DELAY_MS);
}

function showMaintenance() {
  const [maintenance] = live.ofType('maintenance');
  const badge = byId('maintenance');
  setHidden(badge, maintenance === undefined);
  badge.title = maintenance === undefined ? '' : `since ${maintenance.since}`;
}

function showUptime() {
  if (startedMs !== null) setText(byId('uptime'), `up ${duration(Date.now() - startedMs)}`);
}

setInterval(refreshOverall, OVERALL_PERIOD_MS);
setInterval(showUptime, 1000);
live.start();
