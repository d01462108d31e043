/** The headers of gRPC over HTTP/2 (the PROTOCOL-HTTP2 document). Pure. */
import type { status } from '@grpc/grpc-js';

/** Clients take headers of 8 to 16 KB in all. */
const MAX_MESSAGE_CHARACTERS = 2000;
const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** Timers of Node.js hold 2^31 - 1 ms; 24 days are for ever here. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const answerHeaders = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,deflate,gzip',
} as const;

export const statusHeaders = (code: status, details: string): Readonly<Record<string, string>> =>
  details === '' ? { 'grpc-status': String(code) } : { 'grpc-status': String(code), 'grpc-message': percent(details) };

/** Percent-encoded are all but the printable characters of ASCII, and the percent sign. */
const percent = (text: string): string =>
  Array.from(Buffer.from(text.slice(0, MAX_MESSAGE_CHARACTERS)), (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');

/** Null when none is given; NaN when it is not one. */
export function timeoutMs(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(header));
  const [, digits = '', unit = ''] = match ?? [];
  return Math.min(Number.parseInt(digits, 10) * (unitMs[unit] ?? Number.NaN), MAX_TIMEOUT_MS);
}
