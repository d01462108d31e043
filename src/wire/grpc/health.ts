/**
 * grpc.health.v1 (the gRPC Health Checking Protocol), for those who ask: the request's bytes, the answer's meaning.
 * Pure and total: any bytes and any headers give a value.
 */

import { shorten } from '../text/shorten.js';
import { grpcFrame } from './frames.js';
import { readFields, writeBytes } from './protobuf.js';

export const healthCheckPath = '/grpc.health.v1.Health/Check';
export const healthWatchPath = '/grpc.health.v1.Health/Watch';

/** An answer is two bytes; what is longer holds fields that nobody knows. */
export const MAX_HEALTH_MESSAGE_BYTES = 4096;

const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type ServingStatus = (typeof servingStatuses)[number];

/** A HealthCheckRequest in its frame, the same for Check and Watch. Empty service: the server as a whole. */
export function healthRequestFrame(service: string): Buffer {
  return grpcFrame(service === '' ? new Uint8Array() : writeBytes(1, service));
}

export type HealthResponse =
  | { readonly kind: 'status'; readonly status: ServingStatus }
  | { readonly kind: 'malformed'; readonly reason: string };

/** A HealthCheckResponse without its frame. An absent status is UNKNOWN, as proto3 has it; unknown fields are skipped. */
export function decodeHealthResponse(message: Uint8Array): HealthResponse {
  const fields = readFields(message);
  if (fields === null) return { kind: 'malformed', reason: 'not a protobuf message' };
  let value = 0n;
  for (const field of fields) {
    if (field.number !== 1) continue;
    if (field.wire !== 'varint') return { kind: 'malformed', reason: `status is ${field.wire}, not varint` };
    value = field.value;
  }
  const status = value < 4n ? servingStatuses[Number(value)] : undefined;
  return status === undefined
    ? { kind: 'malformed', reason: `serving status ${value} does not exist` }
    : { kind: 'status', status };
}

/** What one Check call brought, as far as it came. Header values as node:http2 gives them. */
export type CheckExchange = {
  /** `:status`; null before any headers. */
  readonly httpStatus: number | null;
  readonly contentType: string | undefined;
  /** From the trailers, or from the headers of an answer without a body. */
  readonly grpcStatus: string | undefined;
  readonly grpcMessage: string | undefined;
  readonly messages: readonly Uint8Array[];
  /** What is wrong with the frames, such as a reader's `malformed` reason or "a truncated message"; null when nothing is. */
  readonly broken: string | null;
};

export type CheckVerdict =
  | { readonly kind: 'answered'; readonly status: ServingStatus }
  /** The server answered with a gRPC error; `code` such as 5 (NOT_FOUND: no such service) or 12 (UNIMPLEMENTED). */
  | { readonly kind: 'rpc-error'; readonly code: number; readonly message: string }
  /** What came is not a gRPC answer to this call. */
  | { readonly kind: 'protocol-error'; readonly reason: string };

/** Reads a finished Check call as Envoy's health checker does: only exactly one good message under status 0 counts. */
export function judgeCheck(exchange: CheckExchange): CheckVerdict {
  const { httpStatus, contentType, grpcStatus, messages } = exchange;
  if (httpStatus === null) return { kind: 'protocol-error', reason: 'the stream ended without an answer' };
  if (httpStatus !== 200) return { kind: 'protocol-error', reason: `HTTP status ${httpStatus} instead of 200` };
  if (contentType === undefined || !/^application\/grpc(?:$|[+;])/i.test(contentType)) {
    return { kind: 'protocol-error', reason: `content type ${quote(contentType ?? 'missing')}, not application/grpc` };
  }
  if (exchange.broken !== null) return { kind: 'protocol-error', reason: exchange.broken };
  if (grpcStatus === undefined) return { kind: 'protocol-error', reason: 'no grpc-status in the answer' };
  if (!/^\d{1,5}$/.test(grpcStatus)) return { kind: 'protocol-error', reason: `grpc-status ${quote(grpcStatus)}` };
  const code = Number(grpcStatus);
  if (code !== 0) return { kind: 'rpc-error', code, message: decodeGrpcMessage(exchange.grpcMessage ?? '') };
  const message = messages[0];
  if (message === undefined || messages.length !== 1) {
    return { kind: 'protocol-error', reason: `${messages.length} messages instead of one` };
  }
  const response = decodeHealthResponse(message);
  return response.kind === 'status'
    ? { kind: 'answered', status: response.status }
    : { kind: 'protocol-error', reason: response.reason };
}

const statusNames = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

export const grpcStatusName = (code: number): string => statusNames[code] ?? `status ${code}`;

/** Longest part of a peer's own words that goes into a message. */
const MAX_QUOTED = 200;

/** Percent-decoding as gRPC defines it for grpc-message: what cannot be decoded stays as it is. */
export function decodeGrpcMessage(text: string): string {
  // Decoded before it is cut: half a code is none.
  try {
    return shorten(printable(decodeURIComponent(text)), MAX_QUOTED);
  } catch {
    return shorten(printable(text), MAX_QUOTED);
  }
}

const quote = (text: string): string => JSON.stringify(shorten(printable(text), MAX_QUOTED));
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
