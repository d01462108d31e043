/** The routes that only look. */
import { z } from 'zod';
import { gatherStatus } from '../../../machines/telemetry/store.js';
import { CommandError } from '../../../model/errors.js';
import {
  actorView,
  checkView,
  listedBackend,
  maintenanceView,
  overallView,
  serviceView,
  syncGroupView,
  vrrpView,
} from '../../../model/observing/views.js';
import { begun } from '../begun.js';
import { inTurns, listText, objectText, serviceText, statusParts } from '../json-parts.js';
import type { ListedBackendView, ServiceParts } from '../with-traffic.js';
import { json, jsonAnswer, list, listAnswer, parts, type Route, serviceQuery } from './routes.js';
import { type BriefStatusView, statusView, tableView } from './schemas.js';

export const readRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/status',
    operationId: 'getStatus',
    summary: 'The daemon, its services, VRRP instances and actors, and the effective configuration',
    change: false,
    answer: jsonAnswer('Status', statusView),
    query: {
      config: { description: '`false`: without the effective configuration', schema: z.enum(['true', 'false']) },
    },
    problems: [409, 503, 504],
    run: async ({ api, store, identity, health, changesOverTcp }, { query, trusted }) => {
      const { health: own, overall } = await health().look(trusted);
      const status: BriefStatusView = {
        node: identity.node(),
        version: identity.version,
        pid: identity.pid,
        started_at: new Date(Date.now() - identity.uptimeMs()).toISOString(),
        uptime_ms: identity.uptimeMs(),
        status: own.status,
        changes_over_tcp: changesOverTcp(),
        ...(await inTurns(gatherStatus([...store.items()]))),
        ...overall,
      };
      const config = query['config'] === 'false' ? null : await begun(api.configPages());
      return parts(statusParts(status, config));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/overall',
    operationId: 'getOverall',
    summary: 'The worst of services, VRRP instances, actors and components, and why',
    change: false,
    answer: jsonAnswer('Overall', overallView),
    problems: [],
    run: async ({ health }, { trusted }) => json((await health().look(trusted)).overall),
  },
  {
    method: 'GET',
    path: '/api/v1/services',
    operationId: 'listServices',
    summary: 'All services with their backends and checks',
    change: false,
    answer: listAnswer('Service', serviceView),
    problems: [503, 504],
    run: async ({ api }) => list(listText(await api.services(null), serviceText)),
  },
  {
    method: 'GET',
    path: '/api/v1/services/{name}',
    operationId: 'getService',
    summary: 'One service with its backends and checks',
    change: false,
    answer: jsonAnswer('Service', serviceView),
    problems: [404, 503, 504],
    run: async ({ api }, { params }) => {
      const name = params['name'] ?? '';
      for (const service of await api.services(name)) {
        if (service.name === name) return list(serviceText(service));
      }
      throw notFound('service', name, '/api/v1/services');
    },
  },
  {
    method: 'GET',
    path: '/api/v1/backends',
    operationId: 'listBackends',
    summary: 'The backends of all services, each with the service it is in',
    change: false,
    answer: listAnswer('ListedBackend', listedBackend),
    problems: [503, 504],
    run: async ({ api }) => list(listText(backendsOf(await api.services(null)))),
  },
  {
    method: 'GET',
    path: '/api/v1/backends/{name}',
    operationId: 'getBackend',
    summary: 'One backend, by its name or host:port, in each service that has it: also how far its drain is',
    change: false,
    query: serviceQuery,
    answer: listAnswer('ListedBackend', listedBackend),
    problems: [404, 503, 504],
    run: async ({ api }, { params, query }) => json(await api.backend(params['name'] ?? '', query['service'] ?? null)),
  },
  {
    method: 'GET',
    path: '/api/v1/checks',
    operationId: 'listChecks',
    summary: 'All checks that run; equal ones of several backends run once',
    change: false,
    answer: listAnswer('Check', checkView),
    problems: [503, 504],
    run: async ({ api }) => list(listText(await api.checks())),
  },
  {
    method: 'GET',
    path: '/api/v1/vrrp',
    operationId: 'listVrrp',
    summary: 'All VRRP instances',
    change: false,
    answer: listAnswer('VrrpInstance', vrrpView),
    problems: [503, 504],
    run: async ({ api }) => json(await api.vrrp(null)),
  },
  {
    method: 'GET',
    path: '/api/v1/vrrp/{name}',
    operationId: 'getVrrp',
    summary: 'One VRRP instance',
    change: false,
    answer: jsonAnswer('VrrpInstance', vrrpView),
    problems: [404, 503, 504],
    run: async ({ api }, { params }) => {
      const name = params['name'] ?? '';
      const instance = (await api.vrrp(name)).find((each) => each.name === name);
      if (instance === undefined) throw notFound('VRRP instance', name, '/api/v1/vrrp');
      return json(instance);
    },
  },
  {
    method: 'GET',
    path: '/api/v1/sync-groups',
    operationId: 'listSyncGroups',
    summary: 'All sync groups of VRRP instances, with their members',
    change: false,
    answer: listAnswer('SyncGroup', syncGroupView),
    problems: [503, 504],
    run: async ({ api }) => json(await api.syncGroups()),
  },
  {
    method: 'GET',
    path: '/api/v1/maintenance',
    operationId: 'getMaintenance',
    summary: 'Whether the whole node has stepped down and drains, and since when',
    change: false,
    answer: jsonAnswer('Maintenance', maintenanceView),
    problems: [503, 504],
    run: async ({ api }) => json(await api.maintenance(null)),
  },
  {
    method: 'GET',
    path: '/api/v1/ipvs',
    operationId: 'getTable',
    summary: 'The table of the data plane: the kernel’s with the ipvs driver, else the driver’s own',
    change: false,
    answer: jsonAnswer('DataplaneTable', tableView),
    problems: [503, 504],
    run: async ({ api }) => {
      const { services, ...own } = await api.table();
      const text = ({ destinations, ...service }: (typeof services)[number]) =>
        objectText(service, 'destinations', listText(destinations));
      return list(objectText(own, 'services', listText(services, text)));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/actors',
    operationId: 'listActors',
    summary: 'The actors, each a thread, with their restarts and mailboxes',
    change: false,
    answer: listAnswer('Actor', actorView),
    problems: [503, 504],
    run: async ({ api }) => json(await api.actors()),
  },
  {
    method: 'GET',
    path: '/api/v1/config',
    operationId: 'getConfig',
    summary: 'The configuration in effect, with every default; secrets are not shown',
    change: false,
    answer: { contentType: 'application/json', schema: null },
    problems: [409, 503, 504],
    run: ({ api }) => parts(api.configPages()),
  },
];

function* backendsOf(services: Iterable<ServiceParts>): Generator<ListedBackendView> {
  for (const { name, backends } of services) {
    for (const each of backends) yield { service: name, ...each };
  }
}

const notFound = (what: string, name: string, list: string): CommandError =>
  new CommandError('ERR_NOT_FOUND', `there is no ${what} ${JSON.stringify(name)}; GET ${list} lists them`);
