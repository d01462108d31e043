/** Drills: what a bug would do to an actor, for an exercise. */
import { type Fault, faults } from '../../../wire/links/control.js';
import { ProblemError } from './problem.js';
import { json, jsonAnswer, type Route } from './routes.js';
import { drillView } from './schemas.js';

const drills = {
  crash: { operationId: 'drillCrash', summary: 'the actor throws an error' },
  freeze: { operationId: 'drillFreeze', summary: 'the actor does nothing any more' },
  'out-of-memory': { operationId: 'drillOutOfMemory', summary: 'the actor fills its memory' },
} as const satisfies Record<Fault, Pick<Route, 'operationId' | 'summary'>>;

const drillRoute = (fault: Fault): Route => ({
  method: 'POST',
  path: `/api/v1/actors/{name}/drill/${fault}`,
  operationId: drills[fault].operationId,
  summary: `A drill: ${drills[fault].summary}. Only over the unix socket, and only where the daemon runs with --drills`,
  change: true,
  answer: jsonAnswer('Drill', drillView),
  problems: [403, 404, 409, 503, 504],
  run: async ({ api }, { params, door }) => {
    if (door !== 'unix') throw new ProblemError(403, 'ERR_SOCKET_ONLY', 'drills are taken over the unix socket alone');
    const actor = params['name'] ?? '';
    await api.drill(actor, fault);
    return json({ actor, fault });
  },
});

export const drillRoutes: readonly Route[] = faults.map(drillRoute);
