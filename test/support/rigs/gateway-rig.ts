/** A gateway actor on real sockets, with everything behind it played by the test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { filter, ReplaySubject, Subject } from 'rxjs';
import { type DataplaneCalls, dataplaneCalls } from '../../../src/actors/dataplane/calls.js';
import { type EngineCalls, engineCalls } from '../../../src/actors/engine/calls.js';
import type { Documents } from '../../../src/actors/gateway/http/routes.js';
import { gatewayWith } from '../../../src/actors/gateway/index.js';
import { type SupervisorCalls, supervisorCalls } from '../../../src/actors/supervisor/calls.js';
import { type VrrpCalls, vrrpCalls } from '../../../src/actors/vrrp/calls.js';
import { decodeText } from '../../../src/config/read-file.js';
import type { Config } from '../../../src/model/config.js';
import { CommandError, ConfigError } from '../../../src/model/errors.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import type { MetricSample, StateItem } from '../../../src/model/observing/state-item.js';
import type { ActorView } from '../../../src/model/observing/views.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { packConfig } from '../../../src/wire/config-bytes.js';
import { type EndOfLink, isLink, type LinkOf } from '../../../src/wire/links/link-kind.js';
import { type Telemetry, telemetryLink } from '../../../src/wire/links/telemetry.js';
import type { Actor, ActorContext } from '../../../src/workers/actor.js';
import { createKeptFds } from '../../../src/workers/host/kept-fds.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { linkPair } from '../../../src/workers/links/link-pair.js';
import { type CallHandlers, serveCalls } from '../../../src/workers/links/rpc.js';
import { configWith } from '../fixtures/config.js';
import { allMetrics } from '../fixtures/metrics.js';

export type Behaviour = {
  readonly engine: CallHandlers<EngineCalls>;
  readonly vrrp: CallHandlers<VrrpCalls>;
  readonly dataplane: CallHandlers<DataplaneCalls>;
  readonly supervisor: CallHandlers<SupervisorCalls>;
};

const unexpected = (): never => {
  throw new CommandError('ERR_NOT_FOUND', 'the test expects no such call');
};

export type RigOptions = {
  readonly config?: Partial<Config>;
  readonly behaviour?: { readonly [K in keyof Behaviour]?: Partial<Behaviour[K]> };
  readonly documents?: Documents;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: () => unknown;
};
export type AskOptions = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** @default unix */
  readonly door?: 'unix' | 'tcp' | 'metrics';
};

export type Rig = {
  readonly directory: string;
  readonly socketPath: string;
  readonly gateway: Actor;
  readonly items: Map<string, StateItem>;
  readonly events: FulcrumEvent[];
  readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[];
  readonly meter: ActorMeter;
  readonly config: Config;
  readonly tell: (actor: string, message: Telemetry) => void;
  readonly port: (listener: 'control.http' | 'metrics.listen') => number;
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answer>;
};

const loopback = { host: '127.0.0.1', port: 0 } as const;

/** A document is `{"node": NAME}`; anything else has an error at 3:7. */
export const testDocuments: Documents = {
  pack: async ({ bytes, format }) => {
    const match = /"?node"?\s*[:=]\s*"?(\w+)/.exec(decodeText(bytes, '(request)'));
    if (match?.[1] !== undefined) {
      return packConfig(configWith({ node: { name: `${match[1]}-${format}`, stateDir: '/x' } }));
    }
    throw new ConfigError([
      { file: '(request)', line: 3, column: 7, path: 'services[0].port', message: 'is 70000; allowed are 1 to 65535' },
      { file: '(request)', line: 4, column: 1, path: 'srvices', message: 'unknown key; did you mean services?' },
    ]);
  },
};

export async function startRig(t: ExecutionContext, options: RigOptions = {}): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-gateway-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const socketPath = join(directory, 'run', 'fulcrum.sock');
  const config = configWith({
    control: { socket: socketPath, http: loopback, grpc: null, tokenFile: null },
    ...options.config,
  });
  const played = playActors(options.behaviour ?? {}, config);
  const telemetry = new Map<string, Subject<Telemetry>>();
  const telemetryLinks$ = new ReplaySubject<LinkOf<typeof telemetryLink, 'b'> & EndOfLink>();
  const tell = (actor: string, message: Telemetry) => {
    let subject = telemetry.get(actor);
    if (subject === undefined) {
      subject = new Subject<Telemetry>();
      telemetry.set(actor, subject);
      const connected$ = new ReplaySubject<number>(1);
      telemetryLinks$.next({
        peer: actor,
        kind: telemetryLink,
        side: 'b',
        in$: subject,
        out: { next: () => {} },
        connected$,
        backlog: () => 0,
      });
    }
    subject.next(message);
  };
  const meter = new ActorMeter();
  const items = new Map<string, StateItem>();
  const events: FulcrumEvent[] = [];
  const logged: { level: string; fields: object; message: string }[] = [];
  const write = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const context: ActorContext = {
    name: 'gateway',
    now: monotonicNow,
    log: {
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    meter,
    driverModule: null,
    keptFds: createKeptFds(),
    config,
    link: (kind, side) => {
      for (const link of played) if (isLink(link, kind, side)) return link;
      throw new Error(`no link ${kind.name}`);
    },
    links: (kind, side) => telemetryLinks$.pipe(filter((link) => isLink(link, kind, side))),
    event: (body) => {
      const event: FulcrumEvent = { ...body, atMs: Date.now(), actor_name: 'gateway' };
      events.push(event);
      tell('gateway', { kind: 'event', event });
    },
    state: (key, item) => {
      if (item === null) items.delete(key);
      else items.set(key, item);
      tell('gateway', item === null ? { kind: 'state-gone', key } : { kind: 'state', item });
    },
    holds: () => {},
    fail: (error) => t.fail(error.message),
    poll: unexpected,
  };
  const gateway = await gatewayWith(options.documents ?? testDocuments, allMetrics)(context);
  t.teardown(() => gateway.stop());
  const port = (listener: string) => {
    const item = items.get(`listener/${listener}`);
    if (item?.type !== 'listener') throw new Error(`${listener} does not listen`);
    return Number(new URL(item.address).port);
  };
  return {
    directory,
    socketPath,
    gateway,
    items,
    events,
    logged,
    meter,
    config,
    tell,
    port,
    ask: (method, path, ask = {}) => {
      const { door = 'unix' } = ask;
      const to = door === 'unix' ? { socketPath } : { host: '127.0.0.1', port: port(doorListener[door]) };
      return askHttp(to, method, path, ask);
    },
  };
}

const doorListener = { tcp: 'control.http', metrics: 'metrics.listen' } as const;

export function askHttp(
  to:
    | { readonly socketPath: string }
    | { readonly host: string; readonly port: number; readonly localAddress?: string },
  method: string,
  path: string,
  { headers = {}, body }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...to, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, text, json: () => JSON.parse(text) as unknown });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function playActors(behaviour: NonNullable<RigOptions['behaviour']>, config: Config): EndOfLink[] {
  const defaults: Behaviour = {
    engine: {
      services: () => [],
      backend: () => [],
      checks: () => [],
      override: unexpected,
      weight: unexpected,
      'override-service': unexpected,
      maintenance: unexpected,
      'target-health': unexpected,
    },
    vrrp: { status: () => [], 'sync-groups': () => [], failover: unexpected },
    dataplane: {
      table: () => ({ driver: 'dry-run', why: 'test', services: [] }),
      traffic: () => [],
      drift: () => [],
      'edit-runtime': unexpected,
    },
    supervisor: {
      actors: () => [actorView('engine')],
      apply: unexpected,
      plan: () => [],
      'plan-file': unexpected,
      reload: unexpected,
      drill: unexpected,
      vrrp: () => config.vrrp.instances,
      'apply-vrrp': unexpected,
      'config-page': () => ({ text: JSON.stringify({ node: { name: config.node.name } }), next: null }),
      'start-steps': () => [],
      'load-options': () => ({}),
    },
  };
  const engine = linkPair('engine', engineCalls);
  const vrrp = linkPair('vrrp', vrrpCalls);
  const dataplane = linkPair('dataplane', dataplaneCalls);
  const supervisor = linkPair('supervisor', supervisorCalls);
  serveCalls<EngineCalls>(engine.b, { ...defaults.engine, ...behaviour.engine });
  serveCalls<VrrpCalls>(vrrp.b, { ...defaults.vrrp, ...behaviour.vrrp });
  serveCalls<DataplaneCalls>(dataplane.b, { ...defaults.dataplane, ...behaviour.dataplane });
  serveCalls<SupervisorCalls>(supervisor.b, { ...defaults.supervisor, ...behaviour.supervisor });
  return [engine.a, vrrp.a, dataplane.a, supervisor.a];
}

export const actorView = (name: string, overrides: Partial<ActorView> = {}): ActorView => ({
  name,
  thread_id: 1,
  state: 'running',
  restarts: 0,
  last_error: null,
  mailbox: 0,
  ...overrides,
});

export const counted = (samples: readonly MetricSample[], name: string): number =>
  samples.reduce((sum, each) => sum + (each.name === name && each.type !== 'histogram' ? each.value : 0), 0);
