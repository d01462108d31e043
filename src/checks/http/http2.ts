import type { CheckerContext, ProbeSpec } from '../../model/probe.js';
import type { TlsContexts } from '../connecting/tls-context.js';
import { callHttp2 } from '../http2/call.js';
import { Http2Sessions } from '../http2/session.js';
import type { Probe } from '../probing/probe.js';
import { RegexTester } from '../probing/regex-tester.js';
import type { HttpCheck } from './index.js';
import type { HttpRules } from './rules.js';
import { HttpVerdict, type Settle } from './verdict.js';

/** The HTTP check over HTTP/2. */
export class Http2Client {
  readonly #sessions: Http2Sessions;
  readonly #regexTester = new RegexTester();

  constructor(context: CheckerContext, contexts: TlsContexts) {
    this.#sessions = new Http2Sessions(context, contexts);
  }

  /** `settle` hears of the answer; what goes wrong before it ends the probe. */
  probe(probe: Probe, spec: ProbeSpec<HttpCheck>, rules: HttpRules, settle: Settle): void {
    const { check } = spec;
    const verdict = new HttpVerdict(rules, this.#regexTester, probe, (ending) => {
      call.stop();
      settle(ending);
    });
    const headers = {
      ':method': rules.method,
      ':scheme': check.tls ? 'https' : 'http',
      ':authority': rules.authority,
      ':path': rules.target,
      ...rules.headers,
      ...(rules.body === null ? {} : { 'content-length': String(rules.body.length) }),
    };
    const target = { tls: check.tls ? check : null, names: rules.names, keepAlive: check.keepAlive };
    const call = callHttp2(
      probe,
      this.#sessions,
      spec,
      target,
      { headers, body: rules.body },
      {
        onHeaders(answer, tls) {
          const suffix = tls === '' ? '' : ` (${tls})`;
          verdict.head('HTTP/2', answer[':status'] ?? 0, '', answer['content-encoding'], suffix);
        },
        onData: (bytes) => verdict.body(bytes),
        onEnd: () => {
          probe.hold(() => verdict.release());
          verdict.complete();
        },
        onFailure: (ending) => probe.end(ending),
        release: () => verdict.release(),
      },
    );
  }

  close(): void {
    this.#sessions.close();
  }
}
