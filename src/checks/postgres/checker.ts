import type { TlsOptions } from '../../model/config.js';
import type { Checker, CheckerContext, FailureCause } from '../../model/probe.js';
import {
  type BackendMessage,
  BackendReader,
  encodeQuery,
  encodeSslRequest,
  encodeStartup,
  encodeTerminate,
} from '../../wire/postgres/messages.js';
import { shorten } from '../../wire/text/shorten.js';
import { type NodeConnection, openConnection, plainTcp, upgradeToTls } from '../connecting/connection.js';
import { ConnectionPool } from '../connecting/connection-pool.js';
import { beginExchange } from '../connecting/exchange.js';
import { Farewells } from '../connecting/graceful-close.js';
import { connectionKey, keepMsOf } from '../connecting/idle-pool.js';
import { TlsContexts } from '../connecting/tls-context.js';
import { createChecker, type Probe } from '../probing/probe.js';
import { healthy, SetupError } from '../probing/probe-result.js';
import { enterTarget, type UrlTarget, UrlTargets } from '../probing/url-target.js';
import { type PostgresCheck, postgres } from './index.js';
import { PostgresLogin, SaltCache } from './login.js';

const DEFAULT_USER = 'postgres';

/** Logs in and asks `SELECT 1`, on a new connection or a kept one. */
export function createPostgresChecker(context: CheckerContext): Checker<PostgresCheck> {
  const contexts = new TlsContexts(context);
  const targets = new UrlTargets<PostgresCheck>(postgres.target.defaultPort);
  const salts = new SaltCache();
  const pool = new ConnectionPool<NodeConnection>();
  const farewells = new Farewells(encodeTerminate());
  return createChecker(
    context,
    (probe, given) => {
      const target = targets.get(given);
      enterTarget(probe, target);
      const { spec } = target;
      const tls = tlsOf(target);
      const user = target.username === '' ? DEFAULT_USER : target.username;
      const database = target.path === '' ? user : target.path;
      const key = spec.check.keepAlive
        ? JSON.stringify([connectionKey(spec, tls, []), user, target.password, database])
        : null;
      const finish = (connection: NodeConnection): void => {
        probe.letGo();
        if (key === null) farewells.say(connection);
        else pool.put(key, connection, keepMsOf(spec));
      };
      const logIn = (connection: NodeConnection): void => {
        const login = new PostgresLogin(user, target.password, salts);
        const startup = encodeStartup({ user, database, application_name: 'fulcrum', client_encoding: 'UTF8' });
        converse(probe, connection, { login, first: startup, again: null, finish });
      };
      const open = (): void =>
        openConnection(probe, context, contexts, spec, plainTcp, (connection) => {
          if (tls === null) logIn(connection);
          else requestTls(probe, connection, () => upgradeToTls(probe, contexts, spec, connection, tls, logIn));
        });
      const kept = key === null ? undefined : pool.take(key);
      if (kept === undefined) open();
      else converse(probe, kept, { login: null, first: encodeQuery(QUERY), again: open, finish });
    },
    () => {
      pool.close();
      farewells.close();
    },
  );
}

const QUERY = 'SELECT 1';
/** A login brings some twenty messages. A server that never comes to the point would keep this thread busy for nothing. */
const MAX_MESSAGES = 1000;

/** libpq's `sslmode`: without it, and with `disable`, plain TCP; `require` trusts any certificate, `verify-full` does not. */
function tlsOf({ parameters }: UrlTarget<PostgresCheck>): TlsOptions | null {
  const mode = parameters.get('sslmode') ?? 'disable';
  if (mode === 'disable') return null;
  if (mode !== 'require' && mode !== 'verify-full') {
    throw new SetupError(`sslmode in the postgres url is one of disable, require and verify-full`);
  }
  const caFile = parameters.get('sslrootcert');
  const certFile = parameters.get('sslcert');
  const keyFile = parameters.get('sslkey');
  return { tls: true, tlsVerify: mode === 'verify-full', serverName: null, caFile, certFile, keyFile };
}

/** The server says with one byte whether it speaks TLS. */
function requestTls(probe: Probe, connection: NodeConnection, then: () => void): void {
  const detach = beginExchange(probe, connection, {
    onData(bytes) {
      const [answer] = bytes;
      detach();
      if (bytes.length === 1 && answer === YES) probe.guard(then);
      else if (answer === NO)
        probe.refuse('tls', 'the server does not speak TLS: leave sslmode out, or switch ssl on there');
      else probe.refuse('protocol', 'not an answer to a request for TLS');
    },
    onClosed: () => probe.refuse('closed', 'connection closed instead of an answer to the request for TLS'),
    again: null,
  });
  probe.phase = 'tls';
  connection.socket.write(encodeSslRequest());
}
const YES = 0x53;
const NO = 0x4e;

type Conversation = {
  /** Null: it is a kept connection. */
  readonly login: PostgresLogin | null;
  readonly first: Buffer;
  readonly again: (() => void) | null;
  /** All went well: the connection is the caller's. */
  readonly finish: (connection: NodeConnection) => void;
};

function converse(probe: Probe, connection: NodeConnection, { login, first, again, finish }: Conversation): void {
  const { socket } = connection;
  const reader = new BackendReader();
  const waiting: BackendMessage[] = [];
  let stage: 'login' | 'logged-in' | 'asked' = login === null ? 'asked' : 'login';
  let answered = false;
  let messages = 0;

  const handle = async (message: BackendMessage): Promise<void> => {
    if (message.kind === 'error') {
      probe.refuse(causeOf(message.sqlState), explain(message));
    } else if (stage === 'login' && login !== null) {
      const step = await login.step(message);
      if (step.kind === 'failed') probe.refuse(step.cause, step.reason);
      else if (step.kind === 'done') stage = 'logged-in';
      else if (step.kind === 'send' && !probe.ended) socket.write(step.bytes);
    } else if (stage === 'logged-in' && message.kind === 'ready') {
      stage = 'asked';
      socket.write(encodeQuery(QUERY));
    } else if (stage === 'asked' && message.kind === 'row') {
      answered = message.columns[0] === '1';
    } else if (stage === 'asked' && message.kind === 'ready') {
      if (!answered) {
        probe.refuse('mismatch', `${QUERY} did not answer 1`);
        return;
      }
      detach();
      finish(connection);
      probe.end(healthy(`${QUERY} answered 1`));
    }
  };
  /** One message after another, although a step of the login takes time; nothing more is read meanwhile. */
  const handleAll = async (): Promise<void> => {
    socket.pause();
    for (let next = waiting.shift(); next !== undefined && !probe.ended; next = waiting.shift()) await handle(next);
    socket.resume();
  };
  const detach = beginExchange(probe, connection, {
    onData(bytes) {
      const read = reader.push(bytes);
      if (read.kind === 'malformed') {
        probe.refuse('protocol', read.reason);
        return;
      }
      messages += read.messages.length;
      if (messages > MAX_MESSAGES) {
        probe.refuse('protocol', `more than ${MAX_MESSAGES} messages without an answer`);
        return;
      }
      waiting.push(...read.messages);
      handleAll().catch((error: unknown) => probe.fail(error));
    },
    onClosed: () =>
      probe.refuse(
        'closed',
        `connection closed ${stage === 'asked' ? 'before the answer to the query' : 'during the login'}`,
      ),
    again,
  });
  probe.phase = 'query';
  socket.write(first);
}

/** Class 28 is invalid authorization (appendix A of the manual). */
const causeOf = (sqlState: string): FailureCause => (sqlState.startsWith('28') ? 'auth' : 'status');

/** Longest part of the server's words in a message. */
const MAX_QUOTED = 200;

function explain({ sqlState, message }: Extract<BackendMessage, { kind: 'error' }>): string {
  const hint = /no encryption|SSL off/.test(message) ? '; add ?sslmode=require to the url' : '';
  return `${shorten(message, MAX_QUOTED)} (SQLSTATE ${sqlState})${hint}`;
}

export { createPostgresChecker as create };
