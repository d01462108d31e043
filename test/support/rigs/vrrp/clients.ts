/** A server that says whose it is, and a client that asks again and again. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Heard } from './heard.js';
import type { Host } from './lan.js';

const program = (name: string) => fileURLToPath(new URL(`../../peers/${name}.js`, import.meta.url));

/** Each request is answered with the host's number. */
export async function startServer(host: Host, address: string, port: number): Promise<AsyncDisposable> {
  const child = host.start(process.execPath, program('named-server'), address, `${port}`, `${host.number}`);
  const { stdout } = child;
  if (stdout === null) throw new Error('no stdout');
  await once(stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** What a client on this host gets at an address, one request after the other: `=ANSWER`, or `!REASON`. */
export function startClient(host: Host, address: string, port: number) {
  const child = host.start(process.execPath, program('request-loop'), address, `${port}`);
  const outcomes = new Heard<string>('the client');
  if (child.stdout === null) throw new Error('no stdout');
  createInterface(child.stdout).on('line', (line) => outcomes.add(line));
  return {
    outcomes,
    /** Ten answers of this host, with none of another and no failure between them. */
    async servedBy(name: string, from: number): Promise<void> {
      let run = 0;
      const fits = (outcome: string) => {
        run = outcome === `=${name}` ? run + 1 : 0;
        return run === 10;
      };
      await outcomes.until(fits, from, `ten answers of ${name}`);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
