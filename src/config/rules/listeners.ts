/** What this process listens on must not collide. */
import type { Listen } from '../../model/config.js';
import type { Draft } from '../schema/walk.js';
import type { Report, Steps, Subject } from './report.js';

/** `sun_path` of unix(7) has 108 bytes with the closing zero. */
const MAX_SOCKET_PATH = 107;

export const listenerRules = (subject: Subject, report: Report): void => {
  const taken = new Taken();
  for (const listener of ownListeners(subject)) {
    complain(listener, taken.by(listener.listen), report);
    taken.add(listener);
  }
  // Services among themselves are compared with the services.
  for (const listener of proxyListeners(subject)) complain(listener, taken.by(listener.listen), report);
  sockets(subject, report);
};

const complain = ({ listen, path }: Listener, other: string | undefined, report: Report): void => {
  if (other !== undefined) report.error(path, `port ${listen.port} is already taken by ${other}`);
};

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** What is listened on; looking it up costs the same for any number of it. */
class Taken {
  readonly #places = new Map<string, string>();
  readonly #wildcards = new Map<number, string>();
  readonly #ports = new Map<number, string>();
  add({ listen, name }: Listener): void {
    this.#places.set(`${listen.host} ${listen.port}`, name);
    this.#ports.set(listen.port, name);
    if (wildcards.has(listen.host)) this.#wildcards.set(listen.port, name);
  }
  by({ host, port }: Listen): string | undefined {
    if (port === 0) return undefined;
    if (wildcards.has(host)) return this.#ports.get(port);
    return this.#places.get(`${host} ${port}`) ?? this.#wildcards.get(port);
  }
}

type Listener = { readonly listen: Listen; readonly path: Steps; readonly name: string };

const named = (draft: Draft<Listen | null> | undefined, path: Steps, name: string): Listener[] => {
  if (!draft || draft.host === undefined || draft.port === undefined) return [];
  return [{ listen: { host: draft.host, port: draft.port }, path, name }];
};

const ownListeners = ({ document }: Subject): Listener[] => [
  ...named(document.control?.http, ['control', 'http'], 'control.http'),
  ...named(document.control?.grpc, ['control', 'grpc'], 'control.grpc'),
  ...named(document.metrics?.listen, ['metrics', 'listen'], 'metrics.listen'),
  ...named(document.agent?.listen, ['agent', 'listen'], 'agent.listen'),
  ...named(document.agent?.metrics, ['agent', 'metrics'], 'agent.metrics'),
  ...(document.demo?.backends ?? []).flatMap((backend, index) =>
    named(backend, ['demo', 'backends', index], `demo.backends[${index}]`),
  ),
];

const proxyListeners = ({ document }: Subject): Listener[] =>
  (document.dataplane?.driver === 'proxy' ? (document.services ?? []) : []).flatMap((service, index) => {
    if (service?.protocol !== 'tcp' || service.address === undefined) return [];
    return named({ host: service.address, port: service.port }, ['services', index, 'port'], `service ${service.name}`);
  });

const sockets = ({ document, resolve }: Subject, report: Report): void => {
  const control = document.control?.socket;
  const server = document.healthcheck_server?.socket;
  for (const [socket, path] of [
    [control, ['control', 'socket']],
    [server, ['healthcheck_server', 'socket']],
  ] as const) {
    if (!socket) continue;
    const length = Buffer.byteLength(resolve(socket));
    if (length > MAX_SOCKET_PATH) {
      report.error(path, `the path has ${length} bytes: a unix socket's has at most ${MAX_SOCKET_PATH}`);
    }
  }
  if (control && server && resolve(control) === resolve(server)) {
    report.error(['healthcheck_server', 'socket'], 'this is the socket of control already');
  }
};
