/** Lines of shell that findings end with. */
import type { Facts, Program } from './facts.js';

export const sysctl = (...settings: readonly (readonly [name: string, value: string | number])[]): string =>
  `sysctl -w ${settings.map(([name, value]) => `${name}=${quoted(String(value))}`).join(' ')}`;

/** Opens the configuration; the finding says what to write. */
export const edit = ({ file }: Pick<Facts, 'file'>): string => `\${EDITOR:-vi} ${quoted(file ?? 'fulcrum.yaml')}`;

/** For good where a service manager started it. */
export const stop = ({ pid, unit }: Program): string =>
  unit === null ? `kill ${pid}` : `systemctl disable --now ${quoted(unit)}`;

/** For whoever runs a distribution's kernel without them. */
export const installModules = (kernel: string): string => `apt-get install -y linux-modules-extra-${quoted(kernel)}`;

/** As one word of a shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
