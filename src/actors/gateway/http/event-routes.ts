/** The routes to what happened: the stream, and a look back. */
import { z } from 'zod';
import { eventTypes } from '../../../model/observing/events.js';
import { eventJson } from '../event-stream.js';
import { ProblemError } from './problem.js';
import { json, listAnswer, type Route } from './routes.js';
import { eventView } from './schemas.js';

export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/events',
    operationId: 'followEvents',
    summary: 'Events as they happen (Server-Sent Events); Last-Event-ID resumes, or a resync event brings the state',
    change: false,
    query: {
      types: { description: `Only these types, separated by commas: ${eventTypes.join(', ')}`, schema: z.string() },
      state: {
        description: 'true: also the whole state first (state-all), and its changes (state, state-gone)',
        schema: z.enum(['true', 'false']),
      },
      last_event_id: {
        description: 'As the header Last-Event-ID, for clients that cannot set it',
        schema: z.string().max(100),
      },
    },
    answer: { contentType: 'text/event-stream', schema: null },
    problems: [429],
    run: ({ hub }, { query, request, door }) => {
      const filter = { types: typesOf(query['types']), state: query['state'] === 'true' };
      const header = request.headers['last-event-id'];
      const lastEventId = (typeof header === 'string' ? header : undefined) ?? query['last_event_id'] ?? null;
      hub.admit(door);
      return { kind: 'stream', start: (response) => hub.follow(door, response, filter, lastEventId) };
    },
  },
  // For those who look once; the id of the last one is where a stream goes on.
  {
    method: 'GET',
    path: '/api/v1/events/recent',
    operationId: 'listRecentEvents',
    summary: 'The newest events, oldest first',
    change: false,
    query: {
      limit: {
        description: 'At most so many; 100 when absent',
        schema: z.string().regex(/^[1-9]\d{0,3}$/, 'is 1 to 9999'),
      },
    },
    answer: listAnswer('Event', eventView),
    problems: [],
    run: ({ store }, { query }) => json(store.events.latest(Number(query['limit'] ?? 100)).map(eventJson)),
  },
];

function typesOf(list: string | undefined): ReadonlySet<string> | null {
  if (list === undefined) return null;
  const types = list.split(',').map((type) => type.trim());
  const unknown = types.find((type) => !eventTypes.includes(type));
  if (unknown === undefined) return new Set(types);
  throw new ProblemError(
    400,
    'ERR_QUERY',
    `types: there is no event type ${JSON.stringify(unknown)}; allowed are ${eventTypes.join(', ')}`,
  );
}
