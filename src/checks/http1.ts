/** One HTTP/1.1 exchange of a probe, on a new connection or a kept one. */

import type { HttpCheck } from '../config/model.js';
import { HttpResponseParser, type ParseState } from '../wire/http-response.js';
import type { CheckerContext, ProbeSpec } from './checker.js';
import { type Connection, destroyConnection, openConnection, socketFailure } from './connection.js';
import type { HttpRules } from './http-rules.js';
import { HttpVerdict } from './http-verdict.js';
import { connectionKey, IdlePool, keepMsOf } from './idle-pool.js';
import type { Probe } from './probe.js';
import { RegexTester } from './regex-tester.js';
import { describeTls, type TlsContexts } from './tls-context.js';

export class Http1Client {
  readonly #context: CheckerContext;
  readonly #contexts: TlsContexts;
  readonly #regexTester = new RegexTester();
  readonly #pool = new IdlePool<Connection>(destroyConnection);

  constructor(context: CheckerContext, contexts: TlsContexts) {
    this.#context = context;
    this.#contexts = contexts;
  }

  probe(probe: Probe, spec: ProbeSpec<HttpCheck>, rules: HttpRules): void {
    const { check } = spec;
    const tls = check.tls ? check : null;
    const key = check.keepAlive ? connectionKey(spec, tls, rules.names) : null;
    const kept = key === null ? undefined : this.#pool.take(key);
    const fresh = (): void => {
      openConnection(probe, this.#context, this.#contexts, spec, { tls, names: rules.names, alpn: [] }, (connection) =>
        this.#exchange(probe, spec, rules, connection, key, null),
      );
    };
    if (kept === undefined) fresh();
    // The peer may close a kept connection while the request is on its way: that says nothing about its health.
    else this.#exchange(probe, spec, rules, kept, key, fresh);
  }

  close(): void {
    this.#pool.close();
  }

  #exchange(
    probe: Probe,
    spec: ProbeSpec<HttpCheck>,
    rules: HttpRules,
    connection: Connection,
    key: string | null,
    again: (() => void) | null,
  ): void {
    const { socket } = connection;
    const suffix = connection.kind === 'tls' ? ` (${describeTls(connection.socket)})` : '';
    const verdict = new HttpVerdict(rules, this.#regexTester, probe);
    const parser = new HttpResponseParser(rules.method, {
      onHead: (head) =>
        verdict.head(head.version, head.status, head.reason, head.headers.get('content-encoding'), suffix),
      onBody: (bytes) => verdict.body(bytes),
    });
    const detach = (): void => {
      for (const event of ['data', 'end', 'error', 'close']) socket.removeAllListeners(event);
      socket.on('error', nothing);
    };
    const free = (): void => {
      detach();
      verdict.release();
      destroyConnection(connection);
    };
    const advance = (state: ParseState): void => {
      if (state.kind === 'malformed') {
        const cause = state.reason.startsWith('closed') ? 'closed' : 'protocol';
        probe.refuse(cause, state.reason);
      } else if (state.kind === 'complete' && !probe.ended) {
        detach();
        if (key !== null && state.reusable) {
          this.#keep(key, connection, spec);
          probe.hold(() => verdict.release());
        }
        verdict.complete();
      }
    };
    const onClosed = (error: unknown): void => {
      if (again !== null && parser.untouched) {
        free();
        probe.letGo();
        probe.guard(again);
      } else if (error instanceof Error) {
        probe.end(socketFailure(error, probe.where));
      } else {
        advance(parser.end());
      }
    };

    probe.hold(free);
    detach();
    socket.on('data', (chunk: Buffer) => advance(parser.push(chunk)));
    socket.on('end', onClosed);
    socket.on('error', onClosed);
    socket.on('close', onClosed);
    // `receive` covers the sending too: a request fits into the socket's buffer.
    socket.write(rules.request);
    probe.phase = 'receive';
  }

  #keep(key: string, connection: Connection, spec: ProbeSpec): void {
    // An idle connection on which anything happens is of no more use.
    const discard = (): void => {
      this.#pool.drop(key, connection);
      destroyConnection(connection);
    };
    for (const event of ['data', 'end', 'close']) connection.socket.on(event, discard);
    this.#pool.put(key, connection, keepMsOf(spec));
  }
}

const nothing = (): void => {};
