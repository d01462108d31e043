/** HTTP/2 frames as bytes (RFC 9113 section 4), for clients that break the rules. */
import { rawClient } from './peers/raw-client.js';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rst: 3,
  settings: 4,
  ping: 6,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const ACK = 0x1;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK (RFC 7541 section 6.2.2): literals that nobody remembers, with names below 127 bytes. */
export const headerBlock = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      integer(Buffer.byteLength(value), 7),
      Buffer.from(value),
    ]),
  );

/** HPACK's integers (RFC 7541 section 5.1). */
export function integer(value: number, prefixBits: number, first = 0): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([first | value]);
  const bytes = [first | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

export const callHeaders = (path: string, more: Readonly<Record<string, string>> = {}) =>
  headerBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  });

/** A connection that has said hello, and acknowledged the server's settings. */
export async function http2Client(address: string) {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  const client = rawClient({ host, port: Number(port) });
  client.socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0), frame(FRAME.settings, ACK, 0)]));
  await new Promise<void>((resolve) => client.socket.once('data', () => resolve()));
  return client;
}
