/** The routes that take a document or a command. */

import { z } from 'zod';
import { maintenanceView } from '../../../model/observing/views.js';
import type { OverrideAction } from '../control-api.js';
import { clientOf } from '../listeners/budget.js';
import { DOCUMENT_LIMIT_MS } from '../listeners/listener-limits.js';
import { DOCUMENT_TYPES, ProblemError } from './problem.js';
import { commandOf } from './request-input.js';
import { json, jsonAnswer, type Route, type RouteInput, type Services, serviceQuery } from './routes.js';
import { changesView, failoverView, maintenanceCommand, overrideView, planView, weightCommand } from './schemas.js';

const overrideRoute = (action: OverrideAction, summary: string): Route => ({
  method: 'POST',
  path: `/api/v1/backends/{name}/${action}`,
  operationId: `${action}Backend`,
  summary,
  change: true,
  query: serviceQuery,
  answer: jsonAnswer('Overridden', overrideView),
  problems: [404, 409, 503, 504],
  run: async ({ api }, { params, query }) =>
    json({ changed: await api.override(params['name'] ?? '', query['service'] ?? null, action) }),
});

export const changeRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/plan',
    operationId: 'planConfig',
    summary: 'What applying this document would change, and how the data plane differs from what it should be',
    change: false,
    takesDocument: 'optional',
    query: {
      source: {
        description: '`file`: instead of a document, the file that the daemon was started with, as it is now',
        schema: z.literal('file'),
      },
    },
    answer: jsonAnswer('Plan', planView),
    problems: [409, 413, 415, 422, 429, 503, 504],
    run: async (services, input) => {
      const { api } = services;
      const changes = await (input.query['source'] === 'file'
        ? planOfFile(services, input)
        : withDocument(services, input, (config) => api.plan(config)));
      return json({ changes, drift: await api.drift() });
    },
  },
  {
    method: 'POST',
    path: '/api/v1/config',
    operationId: 'applyConfig',
    summary: 'Applies this document; one with an error changes nothing',
    change: true,
    takesDocument: 'required',
    answer: jsonAnswer('Changes', changesView),
    problems: [409, 413, 415, 422, 429, 503, 504],
    run: async (services, input) =>
      json({ changes: await withDocument(services, input, (config) => services.api.apply(config)) }),
  },
  {
    method: 'POST',
    path: '/api/v1/reload',
    operationId: 'reloadConfig',
    summary: 'Reads the file again that the daemon was started with, and applies it',
    change: true,
    answer: jsonAnswer('Changes', changesView),
    problems: [409, 422, 503, 504],
    run: async ({ api }, { request }) => {
      request.socket.setTimeout(DOCUMENT_LIMIT_MS);
      return json({ changes: await api.reload(null) });
    },
  },
  {
    method: 'POST',
    path: '/api/v1/vrrp/{name}/failover',
    operationId: 'failover',
    summary: 'The instance or sync group, if it is master, steps down once; a member takes its group along',
    change: true,
    answer: jsonAnswer('Failover', failoverView),
    problems: [404, 409, 503, 504],
    run: async ({ api }, { params }) => json({ message: await api.failover(params['name'] ?? '') }),
  },
  {
    method: 'PUT',
    path: '/api/v1/maintenance',
    operationId: 'setMaintenance',
    summary: 'The whole node steps down and drains, over restarts too; or it is as it was before',
    change: true,
    takes: { name: 'MaintenanceCommand', of: maintenanceCommand },
    answer: jsonAnswer('Maintenance', maintenanceView),
    problems: [413, 415, 503, 504],
    run: async ({ api }, { body }) => json(await api.maintenance(commandOf(body, maintenanceCommand).on)),
  },
  overrideRoute('drain', 'Takes no new connections, and leaves when the last one ends or the time limit is over'),
  overrideRoute('enable', 'Undoes drain and disable'),
  overrideRoute('disable', 'Takes the backend out at once'),
  {
    method: 'PUT',
    path: '/api/v1/backends/{name}/weight',
    operationId: 'setBackendWeight',
    summary: "Sets the backend's weight, until the configuration's own changes; the configuration's takes it back",
    change: true,
    takes: { name: 'Weight', of: weightCommand },
    query: serviceQuery,
    answer: jsonAnswer('Overridden', overrideView),
    problems: [404, 409, 413, 415, 503, 504],
    run: async ({ api }, { params, query, body }) => {
      const { weight } = commandOf(body, weightCommand);
      return json({ changed: await api.weight(params['name'] ?? '', query['service'] ?? null, weight) });
    },
  },
];

/** It takes as much work as a document that is sent: it waits for its turn as they do. */
function planOfFile(services: Services, input: RouteInput): Promise<readonly string[]> {
  if (input.body !== null) {
    throw new ProblemError(400, 'ERR_BAD_REQUEST', 'with source=file this takes no body');
  }
  return inTurn(services, input, () => services.api.planFile());
}

/** Reads the document when its turn comes, and keeps the turn until the work with it is done. */
function withDocument<T>(services: Services, input: RouteInput, work: (config: Uint8Array) => Promise<T>): Promise<T> {
  const { api, documents } = services;
  const { body, gone } = input;
  if (body === null) {
    throw new ProblemError(415, 'ERR_MEDIA_TYPE', `send a configuration document, with Content-Type ${DOCUMENT_TYPES}`);
  }
  return inTurn(services, input, async () => work(await documents.pack(body, await api.loadOptions(), gone)));
}

function inTurn<T>({ turns }: Services, { door, request, gone }: RouteInput, work: () => Promise<T>): Promise<T> {
  // The whole request is here; from now on it is the client who waits.
  request.socket.setTimeout(DOCUMENT_LIMIT_MS);
  return turns.run({ door, address: clientOf(request.socket.remoteAddress ?? '') }, gone, work);
}
