/** Talks to a running daemon: over its unix socket, or over TCP with a token. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { z } from 'zod';
import { problemView } from '../actors/gateway/http/schemas.js';
import { DOCUMENT_LIMIT_MS, MAX_TOKEN_BYTES } from '../actors/gateway/listeners/listener-limits.js';
import {
  CommandError,
  ConfigError,
  isCommandCode,
  messageOf,
  RefusedError,
  UnreachableError,
} from '../model/errors.js';
import { readRegularFile } from '../os/files/regular-file.js';
import { whyUnreachable } from './unreachable.js';

/** Longer than any actor takes to answer the daemon. */
const ANSWER_TIMEOUT_MS = 20_000;
/** A configuration is read for these, which takes the daemon as long as the configuration is large. */
const readConfiguration: ReadonlySet<string> = new Set(['/api/v1/plan', '/api/v1/config', '/api/v1/reload']);
/** The view of 100,000 backends with all their checks, twice over. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export type Target =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'url'; readonly url: URL; readonly token: string | null };

export type Sent = { readonly contentType: string; readonly text: string };

/** @throws RefusedError when the file cannot be read */
export function tokenFrom(file: string): string {
  try {
    return readRegularFile(file, MAX_TOKEN_BYTES).bytes.toString('utf8').trim();
  } catch (error) {
    throw new RefusedError(`${file}: the token cannot be taken from here: ${messageOf(error)}`);
  }
}

/** As long as the daemon itself has patience with the request. */
export const answerLimitMs = (path: string): number =>
  readConfiguration.has(path.split('?', 1)[0] ?? '') ? DOCUMENT_LIMIT_MS : ANSWER_TIMEOUT_MS;

export class ControlClient {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#ask('GET', path, schema, null);
  }

  post<T>(path: string, schema: z.ZodType<T>, sent: Sent | null = null): Promise<T> {
    return this.#ask('POST', path, schema, sent);
  }

  put<T>(path: string, schema: z.ZodType<T>, sent: Sent): Promise<T> {
    return this.#ask('PUT', path, schema, sent);
  }

  /** An answer without an end, such as the event stream. Rejects as the others do. */
  async open(path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    const response = await this.#send('GET', path, headers, null);
    if (response.statusCode === 200) return response;
    throw this.#refusal(response, await bodyOf(response));
  }

  async #ask<T>(method: string, path: string, schema: z.ZodType<T>, sent: Sent | null): Promise<T> {
    const response = await this.#send(method, path, sent === null ? {} : { 'content-type': sent.contentType }, sent);
    const body = await bodyOf(response).catch((error: unknown) => {
      throw new UnreachableError(`${this.#name}: the connection broke off: ${messageOf(error)}`);
    });
    if (response.statusCode !== 200) throw this.#refusal(response, body);
    const parsed = schema.safeParse(jsonOf(body));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0];
    throw new UnreachableError(
      `${this.#name} answers, but not as this version of fulcrum expects (${path}: ${where?.path.join('.')} ${where?.message})`,
    );
  }

  #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    sent: Sent | null,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = this.#request(method, path, headers);
      const limitMs = answerLimitMs(path);
      request.setTimeout(limitMs, () => request.destroy(new Error(`no answer within ${limitMs / 1000} s`)));
      request.on('response', resolve);
      request.on('error', (error: NodeJS.ErrnoException) => reject(this.#unreachable(error)));
      request.end(sent?.text);
    });
  }

  #request(method: string, path: string, headers: Readonly<Record<string, string>>): ClientRequest {
    const target = this.#target;
    if (target.kind === 'socket') {
      return httpRequest({ socketPath: target.path, method, path, headers: { host: 'localhost', ...headers } });
    }
    const authorization = target.token === null ? {} : { authorization: `Bearer ${target.token}` };
    const ask = target.url.protocol === 'https:' ? httpsRequest : httpRequest;
    return ask(new URL(path, target.url), { method, headers: { ...authorization, ...headers } });
  }

  get #name(): string {
    return this.#target.kind === 'socket' ? this.#target.path : this.#target.url.origin;
  }

  #unreachable(error: NodeJS.ErrnoException): UnreachableError {
    const why = whyUnreachable(error);
    return new UnreachableError(`cannot reach the daemon at ${this.#name}: ${why ?? error.message}`);
  }

  #refusal(response: IncomingMessage, body: string): Error {
    const parsed = problemView.safeParse(jsonOf(body));
    if (!parsed.success) {
      return new UnreachableError(`${this.#name} answers with HTTP ${response.statusCode}, and is no fulcrum daemon`);
    }
    const { code, detail, issues, status } = parsed.data;
    if (issues !== undefined) return new ConfigError(issues);
    if (isCommandCode(code)) return new CommandError(code, detail);
    if (status === 401 || (status === 403 && code === 'ERR_CHANGES_REFUSED')) {
      return new RefusedError(`${detail} (--token-file FILE names the token here)`);
    }
    return new RefusedError(detail);
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
