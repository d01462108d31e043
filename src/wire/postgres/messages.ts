/** PostgreSQL's frontend/backend protocol 3.0 (chapter "Frontend/Backend Protocol" of its manual), as far as a login and a query go. */
import { HeldBytes } from '../text/held-bytes.js';

const PROTOCOL_3_0 = 196608;
const SSL_REQUEST = 80877103;
/** Nothing that a login or `SELECT 1` brings is near this. */
const MAX_MESSAGE_BYTES = 64 * 1024;

export function encodeSslRequest(): Buffer {
  const message = Buffer.alloc(8);
  message.writeInt32BE(8, 0);
  message.writeInt32BE(SSL_REQUEST, 4);
  return message;
}

export function encodeStartup(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${text.join('')}\0`);
  const message = Buffer.alloc(8 + body.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(PROTOCOL_3_0, 4);
  body.copy(message, 8);
  return message;
}

function encodeMessage(type: string, body: Uint8Array): Buffer {
  const message = Buffer.alloc(5 + body.length);
  message.write(type, 0, 'latin1');
  message.writeInt32BE(4 + body.length, 1);
  message.set(body, 5);
  return message;
}

export const encodeQuery = (sql: string): Buffer => encodeMessage('Q', Buffer.from(`${sql}\0`));
export const encodeTerminate = (): Buffer => encodeMessage('X', new Uint8Array());
export const encodePassword = (password: string): Buffer => encodeMessage('p', Buffer.from(`${password}\0`));
export const encodeSaslResponse = (data: string): Buffer => encodeMessage('p', Buffer.from(data));

export function encodeSaslInitial(mechanism: string, data: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(data), 0);
  return encodeMessage('p', Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(data)]));
}

export type BackendMessage =
  | { readonly kind: 'auth-ok' }
  | { readonly kind: 'auth-cleartext' }
  | { readonly kind: 'auth-md5'; readonly salt: Uint8Array }
  | { readonly kind: 'auth-sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'auth-sasl-continue'; readonly data: string }
  | { readonly kind: 'auth-sasl-final'; readonly data: string }
  | { readonly kind: 'auth-unsupported'; readonly method: number }
  /** `sqlState` such as 28P01 (a wrong password). */
  | { readonly kind: 'error'; readonly sqlState: string; readonly message: string }
  /** The columns of a row as text; null = SQL NULL. */
  | { readonly kind: 'row'; readonly columns: readonly (string | null)[] }
  | { readonly kind: 'ready' }
  /** Notices, parameters and what else needs no answer. */
  | { readonly kind: 'other'; readonly type: string };

export type BackendRead =
  | { readonly kind: 'messages'; readonly messages: readonly BackendMessage[] }
  /** The stream is of no more use. */
  | { readonly kind: 'malformed'; readonly reason: string };

export class BackendReader {
  readonly #held = new HeldBytes();

  /** Takes the next bytes; answers with the messages that they complete. */
  push(bytes: Buffer): BackendRead {
    let rest = this.#held.append(bytes);
    const messages: BackendMessage[] = [];
    while (rest.length > 0) {
      const type = rest.toString('latin1', 0, 1);
      if (!/[A-Za-z0-9]/.test(type))
        return malformed(`not PostgreSQL: it sends ${JSON.stringify(printable(rest.toString('latin1', 0, 40)))}`);
      if (rest.length < 5) break;
      const length = rest.readInt32BE(1);
      if (length < 4 || length > MAX_MESSAGE_BYTES) return malformed(`a message of ${length} bytes`);
      if (rest.length < 1 + length) break;
      const message = readMessage(type, rest.subarray(5, 1 + length));
      if (message === null) return malformed(`a malformed message of type ${type}`);
      messages.push(message);
      rest = rest.subarray(1 + length);
    }
    if (messages.length > 0) this.#held.replace(rest);
    return { kind: 'messages', messages };
  }
}

const malformed = (reason: string): BackendRead => ({ kind: 'malformed', reason });

function readMessage(type: string, body: Buffer): BackendMessage | null {
  switch (type) {
    case 'R':
      return readAuthentication(body);
    case 'E':
      return readError(body);
    case 'D':
      return readRow(body);
    case 'Z':
      return { kind: 'ready' };
    default:
      return { kind: 'other', type };
  }
}

function readAuthentication(body: Buffer): BackendMessage | null {
  if (body.length < 4) return null;
  const method = body.readInt32BE(0);
  const data = body.subarray(4);
  switch (method) {
    case 0:
      return { kind: 'auth-ok' };
    case 3:
      return { kind: 'auth-cleartext' };
    case 5:
      return data.length === 4 ? { kind: 'auth-md5', salt: Uint8Array.from(data) } : null;
    case 10:
      return {
        kind: 'auth-sasl',
        mechanisms: data
          .toString('latin1')
          .split('\0')
          .filter((name) => name !== ''),
      };
    case 11:
      return { kind: 'auth-sasl-continue', data: data.toString('latin1') };
    case 12:
      return { kind: 'auth-sasl-final', data: data.toString('latin1') };
    default:
      return { kind: 'auth-unsupported', method };
  }
}

/** Fields of one letter and a text, ended by a zero. */
function readError(body: Buffer): BackendMessage {
  const fields = new Map(
    body
      .toString()
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  return {
    kind: 'error',
    sqlState: printable(fields.get('C') ?? ''),
    message: printable(fields.get('M') ?? 'no message'),
  };
}

function readRow(body: Buffer): BackendMessage | null {
  if (body.length < 2) return null;
  const columns: (string | null)[] = [];
  let offset = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    if (offset + 4 > body.length) return null;
    const length = body.readInt32BE(offset);
    offset += 4;
    if (length > body.length - offset) return null;
    columns.push(length < 0 ? null : body.toString('utf8', offset, offset + length));
    offset += Math.max(0, length);
  }
  return { kind: 'row', columns };
}

const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?');
