/** One of the demo's backends: `demo-backend.js HOST PORT`. POST /stop closes it for a while. */
import { createServer } from 'node:http';

const STOP_MS = 15_000;
const [host = '127.0.0.1', port = '0'] = process.argv.slice(2);

const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/stop') {
    response.end(`stopped for ${STOP_MS / 1000} s\n`, () => {
      server.close();
      server.closeAllConnections();
      setTimeout(listen, STOP_MS);
    });
    return;
  }
  response.end(request.url === '/healthz' ? 'ok\n' : `hello from the backend on port ${port} (pid ${process.pid})\n`);
});
const listen = () => void server.listen(Number(port), host);
server.once('listening', () => process.send?.('listening'));
server.on('error', (error) => {
  process.stderr.write(`demo backend: ${error.message}\n`);
  process.exit(1);
});
// The daemon is gone, so is the demo.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole terminal; the daemon ends this process when it is done with it.
process.on('SIGINT', () => {});
listen();
