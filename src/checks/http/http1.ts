/** One HTTP/1.1 exchange of a probe, on a new connection or a kept one. */

import type { CheckerContext, ProbeSpec } from '../../model/probe.js';
import { HttpResponseParser, type ParseState } from '../../wire/http/response.js';
import type { Connection } from '../connecting/connection.js';
import { ConnectionPool } from '../connecting/connection-pool.js';
import { Connector } from '../connecting/connector.js';
import { beginExchange } from '../connecting/exchange.js';
import { connectionKey, keepMsOf } from '../connecting/idle-pool.js';
import { describeTls, type TlsContexts } from '../connecting/tls-context.js';
import type { Probe } from '../probing/probe.js';
import type { ProbeResult } from '../probing/probe-result.js';
import { RegexTester } from '../probing/regex-tester.js';
import type { HttpCheck } from './index.js';
import type { HttpRules } from './rules.js';
import { HttpVerdict, type Settle } from './verdict.js';

type Asked = {
  readonly spec: ProbeSpec<HttpCheck>;
  readonly rules: HttpRules;
  readonly settle: Settle;
  /** Of the connections that may be kept; null: none is. */
  readonly key: string | null;
};

export class Http1Client {
  readonly #regexTester = new RegexTester();
  readonly #connector: Connector;
  readonly #pool = new ConnectionPool();

  constructor(context: CheckerContext, contexts: TlsContexts) {
    this.#connector = new Connector(context, contexts);
  }

  /** `settle` hears of the answer; what goes wrong before it ends the probe. */
  probe(probe: Probe, spec: ProbeSpec<HttpCheck>, rules: HttpRules, settle: Settle): void {
    const { check } = spec;
    const tls = check.tls ? check : null;
    const key = check.keepAlive ? connectionKey(spec, tls, rules.names) : null;
    const kept = key === null ? undefined : this.#pool.take(key);
    const ready = (connection: Connection): void =>
      this.#exchange(probe, { spec, rules, settle, key }, connection, null);
    const open = (): void => this.#connector.open(probe, spec, { tls, names: rules.names, alpn: [] }, ready);
    if (kept === undefined) open();
    else this.#exchange(probe, { spec, rules, settle, key }, kept, open);
  }

  close(): void {
    this.#pool.close();
    this.#connector.close();
  }

  #exchange(
    probe: Probe,
    { spec, rules, settle, key }: Asked,
    connection: Connection,
    again: (() => void) | null,
  ): void {
    const suffix = connection.kind === 'tls' ? ` (${describeTls(connection.socket)})` : '';
    // What is decided while a chunk is parsed waits for the rest of it: it may complete the answer, and the connection is kept.
    let parsing = false;
    let decided: ProbeResult | null = null;
    const verdict = new HttpVerdict(rules, this.#regexTester, probe, (ending) => {
      if (parsing) decided = ending;
      else settle(ending);
    });
    const parser = new HttpResponseParser(rules.method, {
      onHead: ({ version, status, reason, headers }) =>
        verdict.head(version, status, reason, headers.get('content-encoding'), suffix),
      onBody: (bytes) => verdict.body(bytes),
    });
    const advance = (state: ParseState): void => {
      if (state.kind === 'complete') {
        if (key !== null && state.reusable) {
          detach();
          this.#pool.put(key, connection, keepMsOf(spec));
          probe.hold(() => verdict.release());
        }
        verdict.complete();
      }
      if (decided !== null) settle(decided);
      else if (state.kind === 'malformed') {
        probe.refuse(state.reason.startsWith('closed') ? 'closed' : 'protocol', state.reason);
      }
    };
    const detach = beginExchange(probe, connection, {
      onData(bytes) {
        parsing = true;
        const state = parser.push(bytes);
        parsing = false;
        advance(state);
      },
      onClosed: () => advance(parser.end()),
      again,
      release: () => verdict.release(),
    });
    // `receive` covers the sending too: a request fits into the socket's buffer.
    connection.socket.write(rules.request);
    probe.phase = 'receive';
  }
}
