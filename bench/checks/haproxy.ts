/** haproxy with one thread and a server per target: what it spends on its checks. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descriptorLimit } from '../../src/os/process/descriptor-limit.js';
import type { Arena } from '../support/arena.js';
import { startPeer } from '../support/peer.js';
import { connectsBegun, cpuUsOf, rssMbOf } from '../support/process-figures.js';
import { addressOf, type Figures, type Load } from './load.js';

/** haproxy will not start without a listener. Nobody connects to it. */
const LISTENER_PORT = 18_391;
/** haproxy counts a descriptor for each server, whether or not its check runs. */
const DESCRIPTORS_BESIDE_SERVERS = 1000;

export async function measureHaproxy(load: Load, directory: string, arena: Arena): Promise<Figures> {
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(file, configOf(load));
  const haproxy = ['haproxy', '-db', '-V', '-f', file] as const;
  const wanted = load.targets + DESCRIPTORS_BESIDE_SERVERS;
  const enough = wanted <= descriptorLimit();
  const [command, ...args] = enough
    ? arena.command(...haproxy)
    : arena.command('prlimit', `--nofile=${wanted}:${wanted}`, ...haproxy);
  const peer = await startPeer(command, args, /^Using epoll/);
  try {
    await sleep(load.warmMs);
    const [cpu, connects, startedMs] = [cpuUsOf(peer.pid), connectsBegun(peer.pid), performance.now()];
    await sleep(load.measureMs);
    const seconds = (performance.now() - startedMs) / 1000;
    const cpuUs = cpuUsOf(peer.pid) - cpu;
    const checks = connectsBegun(peer.pid) - connects;
    return {
      rate: checks / seconds,
      failed: 0,
      cpuUsPerCheck: cpuUs / checks,
      cpuPercent: cpuUs / seconds / 1e4,
      rssMb: rssMbOf(peer.pid),
      latenessP99Ms: null,
    };
  } finally {
    await peer.stop();
  }
}

function configOf({ targets, intervalMs, port }: Load): string {
  const servers = Array.from(
    { length: targets },
    (_, index) => `  server s${index} ${addressOf(index)}:${port} check inter ${intervalMs}ms`,
  );
  return `global
  nbthread 1
  maxconn 100
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
listen bench
  bind 127.0.0.1:${LISTENER_PORT}
${servers.join('\n')}
`;
}
