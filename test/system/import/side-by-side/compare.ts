/**
 * keepalived with its file, and Fulcrum with what `fulcrum import keepalived` makes of it, end with the same: the IPVS table,
 * addresses, routes and rules as master and as backup, and the adverts of a master. One Fulcrum reloads one configuration after the other.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Configuration } from '../../../support/fixtures/keepalived/configurations.js';
import type { GuestCases } from '../../../support/rigs/guest.js';
import {
  addressesOf,
  advertsOf,
  captureMark,
  routesOf,
  type Side,
  startKeepalived,
  TwinLans,
  tableOf,
} from '../../../support/rigs/twin-lans.js';
import { run, startOn, until } from '../../../support/rigs/vrrp/lab.js';

const BASE = '/run/fulcrum';
const FILE = `${BASE}/config.yaml`;
/** Failed checks are counted at both sides before a server is gone. */
const LIMIT_MS = 60_000;

type Instance = {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly version?: number;
  readonly addresses?: readonly (string | { readonly address: string })[];
  readonly mode?: string;
  readonly advert_interval?: string;
  readonly authentication?: { readonly password: string };
};
type Backend = { readonly address: string; readonly port?: number };
type Check = { readonly port?: number; readonly address?: string };
type Document = {
  readonly vrrp?: { readonly instances?: readonly Instance[] };
  readonly services?: readonly {
    readonly port?: number;
    readonly backends: readonly Backend[];
    readonly checks?: readonly Check[];
    /** `ADDRESS:PORT`, or with its own forwarding. */
    readonly sorry?: string | { readonly to: string };
  }[];
  readonly checks?: Readonly<Record<string, Check>>;
};

let lans: TwinLans | null = null;
let daemon: ChildProcess | null = null;

const empty = {
  node: { name: 'node', state_dir: `${BASE}/state` },
  control: { socket: `${BASE}/socket`, http: null, grpc: null },
  runtime: { monitor_shards: 1 },
  dataplane: { driver: 'ipvs' },
};

const ask = <T>(method: string, path: string): T =>
  JSON.parse(run(`curl -sf --max-time 30 --unix-socket ${BASE}/socket -X ${method} http://fulcrum/api/v1${path}`)) as T;

/** Fulcrum as it is configured to be from now on. */
async function apply(document: Document & { readonly dataplane?: object }): Promise<void> {
  const dataplane = { ...empty.dataplane, ...document.dataplane };
  writeFileSync(FILE, JSON.stringify({ ...document, ...empty, dataplane }));
  if (daemon !== null) {
    ask('POST', '/reload');
    return;
  }
  daemon = startOn('fnode', [process.execPath, 'bin/fulcrum.js', 'run', '-c', FILE], `${BASE}/log`);
  await until('the API', () => ask<object>('GET', '/status'), Boolean);
}

/**
 * The same file for both: in less time, without mails, scripts that tell and what is the host's own (static_*), with a password where adverts would be IPsec's (AH), with a
 * check that holds where its program is not here, and with one that fails where it would need a shell.
 */
const hurried = (text: string): string =>
  text
    .replace(/\b(delay_loop|delay_before_retry|connect_timeout|misc_timeout|warmup)\s+\d+/g, '$1 1')
    .replace(/\badvert_int\s+\d{2,}/g, 'advert_int 1')
    .replace(/^\s*(notify\w*|smtp_alert)\b.*$/gm, '')
    .replace(/^static_\w+\s*\{[^}]*\}/gm, '')
    .replace(/\bauth_type AH\b/g, 'auth_type PASS')
    .replace(/\/usr\/local\/bin\/script\.sh/g, '/bin/true')
    .replace(/"<\/dev\/tcp\/[^"]*"/g, '"/bin/false"');

function imported(text: string): Document {
  const file = `${BASE}/keepalived.conf`;
  writeFileSync(file, text);
  return (parse(run(`${process.execPath} bin/fulcrum.js import keepalived ${file}`)) ?? {}) as Document;
}

function sorryOf(sorry: NonNullable<Document['services']>[number]['sorry']): readonly Backend[] {
  if (sorry === undefined) return [];
  const [, address = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(typeof sorry === 'string' ? sorry : sorry.to) ?? [];
  return [{ address, port: Number(port) }];
}

/** Each port at each address that a server or a check of it has. */
function serversOf({ services = [], checks = {} }: Document) {
  const backends = services.flatMap((service) =>
    [...service.backends, ...sorryOf(service.sorry)].map((backend) => ({
      address: backend.address,
      port: backend.port ?? service.port ?? 80,
    })),
  );
  const all = [...Object.values(checks), ...services.flatMap((service) => service.checks ?? [])];
  const own = all.flatMap(({ port, address }) => (port === undefined ? [] : [{ port, address }]));
  const first = backends[0]?.address;
  return [
    ...backends,
    ...own.flatMap(({ port, address = first }) => (address === undefined ? [] : [{ address, port }])),
  ];
}

const fulcrumDecided = (): boolean =>
  ask<{ state: string }[]>('GET', '/vrrp').every(({ state }) => state === 'master' || state === 'fault') &&
  ask<{ backends: { state: string }[] }[]>('GET', '/services').every(({ backends }) =>
    backends.every(({ state }) => state !== 'unknown'),
  );

/** What people would compare. */
const seen = (side: Side): string => [...tableOf(side), ...addressesOf(side), ...routesOf(side)].join('\n');

async function alike(what: string): Promise<void> {
  try {
    await until(
      what,
      () => [seen('k'), seen('f')],
      ([k, f]) => k === f,
      LIMIT_MS,
    );
  } catch {
    assert.equal(seen('f'), seen('k'), what);
  }
}

/** Of a higher priority, for each instance: both nodes yield to it. */
const betterPeer = (instances: readonly Instance[]): string =>
  instances
    .map(
      (of) => `vrrp_instance ${of.name} {
  version ${of.version ?? 3}
  interface ${of.interface}
  virtual_router_id ${of.vrid}
  priority 254
  advert_int ${Number.parseFloat(of.advert_interval ?? '1s') / (of.advert_interval?.endsWith('ms') ? 1000 : 1)}
  ${of.mode === 'unicast' ? 'unicast_src_ip 172.31.0.2\n unicast_peer {\n 172.31.0.1\n }' : ''}
  ${of.authentication === undefined ? '' : `authentication {\n auth_type PASS\n auth_pass ${of.authentication.password}\n }`}
  virtual_ipaddress {
    ${(of.addresses ?? []).map((each) => (typeof each === 'string' ? each : each.address)).join('\n')}
  }
}`,
    )
    .join('\n');

async function compare({ text }: Configuration): Promise<void> {
  lans ??= new TwinLans();
  run(`mkdir -p ${BASE}/state`);
  const file = hurried(text);
  const document = imported(file);
  await lans.serve(serversOf(document));
  const keepalived = startKeepalived('knode', file);
  try {
    await apply(document);
    await until('the states of Fulcrum', fulcrumDecided, Boolean, LIMIT_MS);
    await alike('as master');
    const instances = document.vrrp?.instances ?? [];
    if (instances.length > 0) await asMasterAndBackup(instances);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const log = readFileSync(`${BASE}/log`, 'utf8').split('\n').slice(-15).join('\n');
    throw new Error(
      `${why}\n--- keepalived\n${keepalived.log().split('\n').slice(-40).join('\n')}\n--- Fulcrum\n${log}`,
    );
  } finally {
    await keepalived.stop();
    await apply({});
  }
}

async function asMasterAndBackup(instances: readonly Instance[]): Promise<void> {
  const masters = ask<{ name: string; state: string }[]>('GET', '/vrrp').filter(({ state }) => state === 'master');
  const sent = () => ({ k: advertsOf('k', marks.k), f: advertsOf('f', marks.f) });
  const marks = { k: captureMark('k'), f: captureMark('f') };
  await until(
    'the adverts of all',
    sent,
    ({ k, f }) => k.length >= masters.length && f.length >= masters.length,
    LIMIT_MS,
  );
  const { k, f } = sent();
  assert.deepEqual(f, k, 'the adverts of Fulcrum, and those of keepalived');
  const peers = (['kpeer', 'fpeer'] as const).map((host) => startKeepalived(host, betterPeer(instances), ['--vrrp']));
  try {
    const yielded = () => ask<{ state: string }[]>('GET', '/vrrp').every(({ state }) => state !== 'master');
    await until('that Fulcrum is no master', yielded, Boolean, LIMIT_MS);
    await alike('as backup');
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

export const casesOf = (configurations: readonly Configuration[]): GuestCases =>
  Object.fromEntries(configurations.map((configuration) => [configuration.name, () => compare(configuration)]));
