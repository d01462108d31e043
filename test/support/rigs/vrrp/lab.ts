/** Hosts as network namespaces on bridges, for cases inside a guest; the guest's end removes them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** None takes so long, and one that hangs would hold up all else, the limit of its case too. */
const COMMAND_TIMEOUT_MS = 60_000;

/** Runs a command line (split at spaces); answers with its stdout, throws with its stderr. */
export const run = (commandLine: string): string => {
  const [command = '', ...words] = commandLine.split(' ').filter((word) => word !== '');
  return execFileSync(command, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_TIMEOUT_MS,
  });
};

export const inHost = (host: string, commandLine: string): string => run(`ip netns exec ${host} ${commandLine}`);

export function addBridge(name: string): void {
  run(`ip link add ${name} type bridge`);
  run(`ip link set ${name} up`);
}

/** A host with one interface on each bridge: `{ eth0: ['br0', '10.0.0.1/24'] }`. */
export function addHost(
  name: string,
  interfaces: Readonly<Record<string, readonly [bridge: string, address: string]>>,
): void {
  run(`ip netns add ${name}`);
  run(`ip -n ${name} link set lo up`);
  for (const [device, [bridge, address]] of Object.entries(interfaces)) {
    const outer = `${name}-${device}`;
    run(`ip link add ${outer} type veth peer name ${device} netns ${name}`);
    run(`ip link set ${outer} master ${bridge} up`);
    run(`ip -n ${name} link set ${device} up`);
    run(`ip -n ${name} addr add ${address} dev ${device}`);
  }
}

/** Runs on until it is killed; what it prints goes to the file. */
export function startOn(host: string, command: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  return spawn('ip', ['netns', 'exec', host, ...command], { stdio: ['ignore', log, log] });
}

/** nginx on a host: every request is answered with the host's name and the client's address; `/slow` trickles 64 KB. */
export function startNginx(host: string, ports: readonly number[]): { readonly stop: () => void } {
  const base = `/run/nginx-${host}`;
  run(`mkdir -p ${base}`);
  writeFileSync(`${base}/slow`, Buffer.alloc(64 * 1024, host));
  writeFileSync(
    `${base}/conf`,
    `daemon off; master_process off; pid ${base}/pid; error_log ${base}/error;
    events {}
    http {
      access_log off; client_body_temp_path ${base}; proxy_temp_path ${base}; fastcgi_temp_path ${base};
      uwsgi_temp_path ${base}; scgi_temp_path ${base};
      server {
        ${ports.map((port) => `listen ${port};`).join(' ')}
        location / { default_type text/plain; return 200 "${host} $remote_addr\\n"; }
        location /slow { root ${base}; limit_rate 8k; }
      }
    }`,
  );
  const server = startOn(host, ['nginx', '-p', base, '-c', `${base}/conf`], `${base}/log`);
  return { stop: () => void server.kill('SIGKILL') };
}

/** Looks again until the answer is what it should be; throws with the last answer after the time limit. */
export async function until<T>(what: string, look: () => T, is: (seen: T) => boolean, limitMs = 150_000): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    let seen: T | Error;
    try {
      seen = look();
      if (is(seen)) return seen;
    } catch (error) {
      seen = error instanceof Error ? error : new Error(String(error));
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms; last seen: ${String(seen)}`);
    await sleep(200);
  }
}
