/** Checks that are given a URL: where it leads, and what it says beside the address. */
import type { CheckConfig } from '../../model/config.js';
import { hostPort } from '../../model/ip-address.js';
import type { ProbeSpec } from '../../model/probe.js';
import type { Probe } from './probe.js';
import { SetupError } from './probe-result.js';

export type UrlCheck = CheckConfig & { readonly url: string | null };

export type UrlTarget<C extends UrlCheck> = {
  /** With the host and port of the URL, where it has them. */
  readonly spec: ProbeSpec<C>;
  readonly scheme: string;
  readonly username: string;
  readonly password: string;
  /** Without the first slash, decoded. */
  readonly path: string;
  readonly parameters: URLSearchParams;
};

/** Targets by spec, read at the first probe. Throws SetupError, which never repeats the URL: it may hold a password. */
export class UrlTargets<C extends UrlCheck> {
  readonly #defaultPort: number;
  readonly #targets = new WeakMap<ProbeSpec<C>, UrlTarget<C>>();

  constructor(defaultPort: number) {
    this.#defaultPort = defaultPort;
  }

  get(spec: ProbeSpec<C>): UrlTarget<C> {
    const known = this.#targets.get(spec);
    if (known !== undefined) return known;
    const made = readTarget(spec, this.#defaultPort);
    this.#targets.set(spec, made);
    return made;
  }
}

function readTarget<C extends UrlCheck>(spec: ProbeSpec<C>, defaultPort: number): UrlTarget<C> {
  const { url, type, mode } = spec.check;
  if (url === null) {
    const target = { ...spec, port: spec.port === 0 ? defaultPort : spec.port };
    return { spec: target, scheme: type, username: '', password: '', path: '', parameters: new URLSearchParams() };
  }
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) throw new SetupError(`the url of the ${type} check is not a URL`);
  // A steered probe goes to the virtual address, whatever the URL says.
  const ownHost = mode !== 'plain' || parsed.hostname === '' ? spec.host : parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const ownPort = mode !== 'plain' ? spec.port : Number(parsed.port || schemePort(parsed.protocol) || defaultPort);
  return {
    spec: { ...spec, host: ownHost, port: ownPort },
    scheme: parsed.protocol.slice(0, -1),
    username: decode(parsed.username),
    password: decode(parsed.password),
    path: decode(parsed.pathname.slice(1)),
    parameters: parsed.searchParams,
  };
}

const schemePort = (protocol: string): string => (protocol === 'https:' ? '443' : protocol === 'http:' ? '80' : '');

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Makes messages name the URL's address. */
export function enterTarget<C extends UrlCheck>(probe: Probe, { spec }: UrlTarget<C>): void {
  probe.where = hostPort(spec.host, spec.port);
}
