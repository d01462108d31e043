import { Argument, InvalidArgumentError } from 'commander';
import { RefusedError } from '../../model/errors.js';
import type { ControlClient } from '../client.js';
import { type ConnectionOptions, connect, withConnection } from '../connection.js';
import { lookAtStdout, printJson, printLines } from '../output.js';
import type { Register } from '../program.js';
import { type Answer, type WatchOptions, watchAnswer, withWatch } from '../views/watch.js';

const things = ['services', 'backends', 'checks', 'vrrp', 'sync-groups', 'ipvs', 'actors', 'events'] as const;
type Thing = (typeof things)[number];
type Options = ConnectionOptions & WatchOptions & { readonly follow?: boolean; readonly limit?: number };

export const register: Register = (program) => {
  withWatch(withConnection(program.command('show').description('the present state, as tables')))
    .addArgument(new Argument('<what>', 'or the beginning of one').choices(things).argParser(thingOf))
    .option('--json', 'one JSON document; with --follow one a line')
    .option('-f, --follow', 'events: go on as they happen')
    .option('-n, --limit <count>', 'events: at most so many of those that were', parseLimit)
    .action(async (what: Thing, options: Options) => {
      const client = await connect(options);
      if (what === 'events') return await showEvents(client, options);
      if (options.watch === true) return await watchAnswer(options, () => ask(client, what));
      if (options.follow === true) throw new RefusedError('--follow is for events: fulcrum show events --follow');
      const { value, lines } = await ask(client, what);
      if (options.json === true) printJson(value);
      else printLines(lines(lookAtStdout()));
    });
};

/** The thing with that name, or the only one that begins so. */
export function thingOf(text: string): Thing {
  const exact = things.find((thing) => thing === text);
  const matches = things.filter((thing) => thing.startsWith(text));
  const found = exact ?? (matches.length === 1 ? matches[0] : undefined);
  if (found !== undefined) return found;
  const why = matches.length > 1 ? `It may be ${matches.join(' or ')}.` : `Allowed are ${things.join(', ')}.`;
  throw new InvalidArgumentError(why);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 9999) return limit;
  throw new InvalidArgumentError('It must be 1 to 9999.');
}

async function ask(client: ControlClient, what: Exclude<Thing, 'events'>): Promise<Answer> {
  const schemas = await import('../../model/observing/views.js');
  const tables = await import('../views/tables.js');
  switch (what) {
    case 'services': {
      const value = await client.get('/api/v1/services', schemas.serviceView.array());
      return { value, lines: (look) => tables.serviceLines(value, look) };
    }
    case 'backends': {
      const value = await client.get('/api/v1/backends', schemas.listedBackend.array());
      return { value, lines: (look) => tables.backendLines(value, look) };
    }
    case 'checks': {
      const value = await client.get('/api/v1/checks', schemas.checkView.array());
      return { value, lines: (look) => tables.checkLines(value, look) };
    }
    case 'vrrp': {
      const value = await client.get('/api/v1/vrrp', schemas.vrrpView.array());
      return { value, lines: (look) => tables.vrrpLines(value, look) };
    }
    case 'sync-groups': {
      const value = await client.get('/api/v1/sync-groups', schemas.syncGroupView.array());
      return { value, lines: (look) => tables.syncGroupLines(value, look) };
    }
    case 'ipvs': {
      const { dataplaneView } = await import('../../model/observing/dataplane-views.js');
      const value = await client.get('/api/v1/ipvs', dataplaneView);
      return { value, lines: (look) => tables.ipvsLines(value, look) };
    }
    case 'actors': {
      const value = await client.get('/api/v1/actors', schemas.actorView.array());
      return { value, lines: (look) => tables.actorLines(value, look) };
    }
    default:
      return what satisfies never;
  }
}

async function showEvents(client: ControlClient, options: Options): Promise<void> {
  const { eventView } = await import('../../actors/gateway/http/schemas.js');
  const { eventLines } = await import('../views/events.js');
  // Events do not change: what comes is added.
  const follow = options.follow === true || options.watch === true;
  const limit = options.limit ?? (follow ? 10 : 100);
  const recent = await client.get(`/api/v1/events/recent?limit=${limit}`, eventView.array());
  const print = (event: (typeof recent)[number]) =>
    printLines(options.json === true ? [JSON.stringify(event)] : eventLines(event, lookAtStdout()));
  if (!follow) {
    if (options.json === true) printJson(recent);
    else if (recent.length === 0) printLines(['no events']);
    else recent.forEach(print);
    return;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  recent.forEach(print);
  const { followEvents } = await import('../event-source.js');
  for await (const message of followEvents(client, '', recent.at(-1)?.id ?? null, stop.signal)) {
    if (message.event === 'resync') {
      process.stderr.write('fulcrum: the daemon was away for too long: some events may be missing here\n');
    } else {
      const event = eventView.safeParse(JSON.parse(message.data));
      if (event.success) print(event.data);
    }
  }
}
