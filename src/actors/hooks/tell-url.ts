import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { MAX_PEM_BYTES, readRegularFileLater } from '../../os/files/regular-file.js';
import { inTime, type Message, type Outcome } from './message.js';

/** Of a refusal's text: for the log. */
const MAX_SHOWN = 200;

/** A post of the document. Each attempt has a connection of its own: there is time, and a kept one may be dead. */
export const tellUrl = (message: Message, target: string): Promise<Outcome> =>
  inTime(message, async (signal) => {
    const { hook, id, document } = message;
    const isHttps = target.startsWith('https:');
    const tls = isHttps ? await tlsOf(hook) : {};
    const headers = {
      ...hook.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(document),
      'user-agent': hook.headers['user-agent'] ?? 'fulcrum',
      // What is posted again is known by it.
      'idempotency-key': id,
    };
    const call = (isHttps ? requestHttps : requestHttp)(target, {
      method: 'POST',
      headers,
      agent: false,
      signal,
      ...tls,
    });
    call.end(document);
    const [response]: readonly IncomingMessage[] = await once(call, 'response', { signal });
    if (response === undefined) throw new Error('no answer');
    const { statusCode = 0 } = response;
    const text = await firstOf(response);
    if (statusCode >= 200 && statusCode < 300) return;
    const location = statusCode >= 300 && statusCode < 400 ? ': give the URL that it leads to' : '';
    throw new Error(`it answered ${statusCode}${location}${text === '' ? '' : `: ${text}`}`);
  });

export async function tlsOf(
  hook: Message['hook'],
): Promise<{ readonly ca?: Buffer; readonly rejectUnauthorized: boolean }> {
  const rejectUnauthorized = hook.tlsVerify;
  if (hook.caFile === null) return { rejectUnauthorized };
  return { rejectUnauthorized, ca: (await readRegularFileLater(hook.caFile, MAX_PEM_BYTES)).bytes };
}

async function firstOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    // The rest of it is not read.
    if (text.length >= MAX_SHOWN) break;
  }
  return text.slice(0, MAX_SHOWN).replace(/\s+/gu, ' ').trim();
}
