import type { Checker, CheckerContext, Outcome, ProbeSpec } from '../../model/probe.js';
import { createHttpChecker } from '../http/checker.js';
import type { HttpCheck } from '../http/index.js';
import { createChecker } from '../probing/probe.js';
import { located, unhealthy } from '../probing/probe-result.js';
import { enterTarget, type UrlTarget, UrlTargets } from '../probing/url-target.js';
import { type QdrantCheck, qdrant } from './index.js';

/** Qdrant's own path since 1.5, and what gateways and older servers offer; under the URL's path. */
const PATHS = ['healthz', 'health'];
/** A URL's path that ends so is itself the one to ask for. */
const HEALTH_PATH = /(?:^|\/)(?:healthz?|readyz|livez)$/;
type Path = string;

/** GET of a health path: the first that the server knows is used from then on. */
export function createQdrantChecker(context: CheckerContext): Checker<QdrantCheck> {
  const http = createHttpChecker(context);
  const targets = new UrlTargets<QdrantCheck>(qdrant.target.defaultPort);
  const requests = new WeakMap<ProbeSpec<QdrantCheck>, Map<Path, ProbeSpec<HttpCheck>>>();
  const known = new WeakMap<ProbeSpec<QdrantCheck>, Path>();

  const requestOf = (
    given: ProbeSpec<QdrantCheck>,
    target: UrlTarget<QdrantCheck>,
    path: Path,
  ): ProbeSpec<HttpCheck> => {
    const made = requests.get(given) ?? new Map<Path, ProbeSpec<HttpCheck>>();
    requests.set(given, made);
    const request = made.get(path) ?? httpSpec(target, path);
    made.set(path, request);
    return request;
  };

  return createChecker(
    context,
    (probe, given) => {
      const target = targets.get(given);
      enterTarget(probe, target);
      const first = known.get(given);
      const paths = first === undefined ? candidates(target.path) : [first];
      const ask = ([path = '', ...others]: readonly Path[]): void => {
        const ended = (outcome: Outcome): void => {
          const missing = outcome.kind === 'unhealthy' && outcome.cause === 'status' && / 404 /.test(outcome.message);
          if (missing && others.length > 0) {
            ask(others);
            return;
          }
          probe.letGo();
          if (outcome.kind === 'healthy') known.set(given, path);
          else known.delete(given);
          if (missing) probe.end(located(unhealthy('status', `GET ${paths.join(' and ')} answered 404`), probe.where));
          else probe.end(outcome);
        };
        const running = http.prepare(requestOf(given, target, path), { ended }).start();
        probe.hold(() => {
          probe.phase = running.abort();
        });
      };
      ask(paths);
    },
    () => http.close(),
  );
}

function candidates(urlPath: string): readonly Path[] {
  const base = urlPath.replace(/\/+$/, '');
  if (HEALTH_PATH.test(base)) return [`/${base}`];
  return PATHS.map((path) => (base === '' ? `/${path}` : `/${base}/${path}`));
}

function httpSpec(
  { spec, scheme, username, password, parameters }: UrlTarget<QdrantCheck>,
  path: Path,
): ProbeSpec<HttpCheck> {
  const { check } = spec;
  const apiKey = parameters.get('api_key');
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    ...spec,
    check: {
      ...check,
      type: 'http',
      tls: scheme === 'https',
      tlsVerify: true,
      serverName: null,
      caFile: null,
      certFile: null,
      keyFile: null,
      method: 'GET',
      path,
      paths: [],
      host: null,
      headers: {
        ...(apiKey === null ? {} : { 'api-key': apiKey }),
        ...(username === '' ? {} : { authorization: `Basic ${basic}` }),
      },
      body: null,
      expectedCodes: [{ from: 200, to: 299 }],
      receive: null,
      receiveRegex: null,
      digest: null,
      proxy: false,
      http2: false,
    },
  };
}

export { createQdrantChecker as create };
