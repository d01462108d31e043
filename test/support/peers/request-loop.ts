/**
 * One client that asks again and again, a connection for each request: `request-loop.js ADDRESS PORT`. Each outcome is a
 * line: `=ANSWER`, or `!REASON`.
 */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [host = '', port = ''] = process.argv.slice(2);
const PACE_MS = 10;
/** A lost SYN is sent again after a second: a request that was merely late is not lost. */
const LIMIT_MS = 4000;

const ask = (): Promise<string> =>
  new Promise((resolve) => {
    const request = get({ host, port, agent: false, signal: AbortSignal.timeout(LIMIT_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(`=${text}`));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(`!${error.code ?? error.message}`));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(`!${error.code ?? error.message}`));
  });

for (;;) {
  process.stdout.write(`${await ask()}\n`);
  await sleep(PACE_MS);
}
