// Small helpers around the document. Text only ever goes in as text: nothing that a backend says becomes markup.

export const byId = (id) => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element;
};

/** An element with properties and children; null children are left out. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'data') Object.assign(element.dataset, value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Writes only what changed, so that selections, focus and the layout stay. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setState(element, state) {
  if (element.dataset.state !== state) element.dataset.state = state;
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** Makes the children of `parent` be `wanted`, in that order, moving as few as possible. */
export function setChildren(parent, wanted) {
  let next = parent.firstChild;
  for (const child of wanted) {
    if (child === next) next = next.nextSibling;
    else parent.insertBefore(child, next);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

/** Runs `work` once before the next picture, however often it is asked for. */
export function onFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/** A share of the whole for each state, in the order of severity. */
export function showMeter(meter, counts) {
  const states = ['unhealthy', 'draining', 'unknown', 'disabled', 'healthy'];
  for (const state of states) {
    let part = meter.querySelector(`[data-state="${state}"]`);
    if (part === null) {
      part = make('span', { data: { state } });
      meter.append(part);
    }
    const grow = String(counts.get(state) ?? 0);
    setHidden(part, grow === '0');
    if (part.style.flexGrow !== grow) part.style.flexGrow = grow;
  }
}
