import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what Linux gives out by itself (net.ipv4.ip_local_port_range, 32768 on): a port from that range may become the
 * source of anybody's connection between being found and being listened to, and while its server is restarted.
 */
const FIRST = 10_000;
const END = 32_768;

/** A TCP port of `host` that nothing listens on just now, and that the kernel gives to nobody who does not ask for it. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    const server = createServer().listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
