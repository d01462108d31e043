import type { TlsOptions } from '../../model/config.js';
import type { Checker, CheckerContext, FailureCause } from '../../model/probe.js';
import { encodeCommand, RespReader } from '../../wire/redis/resp.js';
import { shorten } from '../../wire/text/shorten.js';
import type { Connection } from '../connecting/connection.js';
import { ConnectionPool } from '../connecting/connection-pool.js';
import { Connector } from '../connecting/connector.js';
import { beginExchange } from '../connecting/exchange.js';
import { connectionKey, keepMsOf } from '../connecting/idle-pool.js';
import { createChecker, type Probe } from '../probing/probe.js';
import { healthy, SetupError } from '../probing/probe-result.js';
import { enterTarget, type UrlTarget, UrlTargets } from '../probing/url-target.js';
import { type RedisCheck, redis } from './index.js';

/** AUTH and SELECT where the URL says so, then PING, on a new connection or a kept one. */
export function createRedisChecker(context: CheckerContext): Checker<RedisCheck> {
  const targets = new UrlTargets<RedisCheck>(redis.target.defaultPort);
  const connector = new Connector(context);
  const pool = new ConnectionPool();
  return createChecker(
    context,
    (probe, given) => {
      const target = targets.get(given);
      enterTarget(probe, target);
      const { spec, username, password, path } = target;
      const tls = tlsOf(target);
      const opening = [...greeting(target), PING];
      const key = spec.check.keepAlive
        ? JSON.stringify([connectionKey(spec, tls, []), username, password, path])
        : null;
      const kept = key === null ? undefined : pool.take(key);
      const ask = (connection: Connection, commands: readonly Command[], again: (() => void) | null): void =>
        converse(probe, connection, commands, again, () => {
          if (key === null) return;
          probe.letGo();
          pool.put(key, connection, keepMsOf(spec));
        });
      const ready = (connection: Connection): void => ask(connection, opening, null);
      const open = (): void => connector.open(probe, spec, { tls, names: [], alpn: [] }, ready);
      if (kept === undefined) open();
      else ask(kept, [PING], open);
    },
    () => {
      pool.close();
      connector.close();
    },
  );
}

type Command = readonly [string, ...string[]];
const PING: Command = ['PING'];

/** `redis://user:password@host/3`: who we are, and which database. */
function greeting({ username, password, path }: UrlTarget<RedisCheck>): Command[] {
  if (!/^\d{0,5}$/.test(path)) throw new SetupError('the path of the redis url is the number of a database');
  const commands: Command[] = [];
  if (password !== '') commands.push(username === '' ? ['AUTH', password] : ['AUTH', username, password]);
  if (path !== '' && path !== '0') commands.push(['SELECT', path]);
  return commands;
}

/** `rediss://` is TLS; `?tls_verify=false` trusts any certificate. */
function tlsOf({ scheme, parameters }: UrlTarget<RedisCheck>): TlsOptions | null {
  if (scheme !== 'rediss') return null;
  const tlsVerify = parameters.get('tls_verify') !== 'false';
  return { tls: true, tlsVerify, serverName: null, caFile: parameters.get('ca_file'), certFile: null, keyFile: null };
}

/** Sends all commands at once; the first error ends the probe, and so does the answer to the last: the PING. */
function converse(
  probe: Probe,
  connection: Connection,
  commands: readonly Command[],
  again: (() => void) | null,
  keep: () => void,
): void {
  const reader = new RespReader();
  let answered = 0;
  const detach = beginExchange(probe, connection, {
    onData(bytes) {
      const read = reader.push(bytes);
      if (read.kind === 'malformed') {
        probe.refuse('protocol', read.reason);
        return;
      }
      for (const reply of read.replies) {
        const [name = ''] = commands[answered] ?? [];
        answered += 1;
        if (reply.kind === 'error') {
          probe.refuse(causeOf(name, reply.text), `${name} answered with ${shorten(reply.text, MAX_QUOTED)}`);
        } else if (name === 'PING' && reply.text !== 'PONG') {
          probe.refuse('mismatch', `PING answered with ${shorten(reply.text, MAX_QUOTED)}`);
        }
        if (probe.ended) return;
      }
      if (answered < commands.length) return;
      detach();
      keep();
      probe.end(healthy('PONG'));
    },
    onClosed: () => probe.refuse('closed', `connection closed after ${answered} of ${commands.length} answers`),
    again,
  });
  probe.phase = 'query';
  connection.socket.write(Buffer.concat(commands.map((words) => encodeCommand(...words))));
}

/** Longest part of the server's words in a message. */
const MAX_QUOTED = 200;

const causeOf = (command: string, error: string): FailureCause =>
  command === 'AUTH' || /^(?:NOAUTH|WRONGPASS|NOPERM)\b/.test(error) ? 'auth' : 'status';

export { createRedisChecker as create };
