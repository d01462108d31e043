// Numbers and times as people read them.

export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0s';
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count}${unit}`).join(' ');
}

export const milliseconds = (ms) => (ms >= 100 ? `${Math.round(ms)} ms` : `${ms.toFixed(ms >= 10 ? 1 : 2)} ms`);
export const microseconds = (us) => (us >= 1000 ? milliseconds(us / 1000) : `${Math.round(us)} µs`);
/** All addresses and ports of a service: `10.0.0.100,10.0.0.101-110:80,443`. */
export const places = ({ addresses, ports }) =>
  `${addresses.map((address) => (address.includes(':') ? `[${address}]` : address)).join(',')}:${ports.join(',')}`;

export const hostPort = (host, port) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
export const clock = (time) => new Date(time).toLocaleTimeString([], { hour12: false });
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** Powers of 1024, three digits. */
export function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const step = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);
  const scaled = count / 1024 ** step;
  return `${step === 0 ? scaled : scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${units[step]}`;
}

/** A backend's state: a drain that is over is more than an operator's disable. */
export const shownState = ({ state, drained }) => (drained === true ? 'drained' : state);
