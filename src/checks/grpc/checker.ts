import type { IncomingHttpHeaders } from 'node:http2';
import type { Checker, CheckerContext, ProbeSpec } from '../../model/probe.js';
import { createFrameReader } from '../../wire/grpc/frames.js';
import { healthCheckPath, healthRequestFrame, judgeCheck, MAX_HEALTH_MESSAGE_BYTES } from '../../wire/grpc/health.js';
import { TlsContexts } from '../connecting/tls-context.js';
import { callHttp2, type Http2Headers } from '../http2/call.js';
import { Http2Sessions } from '../http2/session.js';
import { createChecker, type Probe } from '../probing/probe.js';
import { located } from '../probing/probe-result.js';
import { callHeaders, endingOfVerdict, firstText, grpcTarget, grpcTimeout } from './answer.js';
import type { GrpcCheck } from './index.js';
import { GrpcWatches } from './watch.js';

/** grpc.health.v1 over a session that is kept for the target: one Check call a probe, or the last word of a Watch stream. */
export function createGrpcChecker(context: CheckerContext): Checker<GrpcCheck> {
  const sessions = new Http2Sessions(context, new TlsContexts(context));
  const watches = new GrpcWatches(sessions);
  return createChecker(
    context,
    (probe, spec) => (spec.check.watch ? watches.probe(probe, spec) : check(probe, sessions, spec)),
    () => {
      watches.close();
      sessions.close();
    },
  );
}

function check(probe: Probe, sessions: Http2Sessions, spec: ProbeSpec<GrpcCheck>): void {
  const { service } = spec.check;
  const frames = createFrameReader(MAX_HEALTH_MESSAGE_BYTES);
  const messages: Uint8Array[] = [];
  let headers: Http2Headers | null = null;
  let tlsWords = '';
  const judge = (trailers: IncomingHttpHeaders | null, broken: string | null): void => {
    const verdict = judgeCheck({
      httpStatus: headers?.[':status'] ?? null,
      contentType: headers?.['content-type'],
      grpcStatus: firstText(trailers, 'grpc-status') ?? firstText(headers, 'grpc-status'),
      grpcMessage: firstText(trailers, 'grpc-message') ?? firstText(headers, 'grpc-message'),
      messages,
      broken,
    });
    probe.end(located(endingOfVerdict(verdict, service, tlsWords), probe.where));
  };
  const request = {
    headers: { ...callHeaders(spec, healthCheckPath), 'grpc-timeout': grpcTimeout(spec) },
    body: healthRequestFrame(service),
  };
  callHttp2(probe, sessions, spec, grpcTarget(spec), request, {
    onHeaders(received, tls) {
      headers = received;
      tlsWords = tls;
    },
    onData(bytes) {
      const read = frames.push(bytes);
      if (read.kind === 'malformed') judge(null, read.reason);
      else messages.push(...read.messages);
      // One message is due: more of them would only be collected for nothing.
      if (messages.length > 1) judge(null, 'more than one message in the answer');
    },
    onEnd: (trailers) => judge(trailers, frames.partial ? 'a truncated message' : null),
    onFailure: (ending) => probe.end(ending),
    release: () => {},
  });
}

export { createGrpcChecker as create };
