/** Whom all contenders check: nginx with one worker, on every address of 127.0.0.0/8. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arena } from '../support/arena.js';
import { type Peer, startPeer } from '../support/peer.js';

export function startNginx(directory: string, port: number, arena: Arena): Promise<Peer> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${directory};`);
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr notice; worker_rlimit_nofile 20000;
     events { worker_connections 16384; multi_accept on; }
     http {
       access_log off; ${temporary.join(' ')}
       server { listen 0.0.0.0:${port} backlog=65535; location / { return 200 "ok\\n"; } }
     }`,
  );
  const [command, ...args] = arena.command('nginx', '-c', file);
  return startPeer(command, args, /start worker process \d+/);
}
