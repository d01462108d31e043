import type { Checker, CheckerContext } from '../../model/probe.js';
import { TlsContexts } from '../connecting/tls-context.js';
import { createChecker } from '../probing/probe.js';
import { Http1Client } from './http1.js';
import { Http2Client } from './http2.js';
import type { HttpCheck } from './index.js';
import { HttpRulesCache } from './rules.js';

/** One request, judged by code and body as the answer comes in. Redirects are answers like any other: never followed. */
export function createHttpChecker(context: CheckerContext): Checker<HttpCheck> {
  const contexts = new TlsContexts(context);
  const rules = new HttpRulesCache();
  const http1 = new Http1Client(context, contexts);
  const http2 = new Http2Client(context, contexts);
  return createChecker(
    context,
    (probe, spec) => (spec.check.http2 ? http2 : http1).probe(probe, spec, rules.get(spec)),
    () => {
      http1.close();
      http2.close();
    },
  );
}

export { createHttpChecker as create };
