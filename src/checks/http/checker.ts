import type { Checker, CheckerContext } from '../../model/probe.js';
import { TlsContexts } from '../connecting/tls-context.js';
import { createChecker } from '../probing/probe.js';
import { Http1Client } from './http1.js';
import { Http2Client } from './http2.js';
import type { HttpCheck } from './index.js';
import { HttpRulesCache } from './rules.js';

/** One request, or one after the other, judged by code and body as the answer comes in. Redirects are answers like any other: never followed. */
export function createHttpChecker(context: CheckerContext): Checker<HttpCheck> {
  const contexts = new TlsContexts(context);
  const rules = new HttpRulesCache();
  const http1 = new Http1Client(context, contexts);
  const http2 = new Http2Client(context, contexts);
  return createChecker(
    context,
    (probe, spec) => {
      const all = rules.get(spec);
      const client = spec.check.http2 ? http2 : http1;
      const { where } = probe;
      const ask = (index: number): void => {
        const each = all[index];
        if (each === undefined) return;
        if (all.length > 1) probe.where = `${where}, path ${index + 1} of ${all.length}`;
        client.probe(probe, spec, each, (ending) => {
          if (ending.kind === 'healthy' && index + 1 < all.length) probe.replace(() => ask(index + 1));
          else probe.end(ending);
        });
      };
      ask(0);
    },
    () => {
      http1.close();
      http2.close();
    },
  );
}

export { createHttpChecker as create };
