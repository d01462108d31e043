/** A gRPC server that is always SERVING, as cheap as node:http2 makes it: `node agent-backend.js PORT`. */
import { createServer } from 'node:http2';

const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
const server = createServer();
server.on('session', (session) => session.on('error', () => undefined));
server.on('stream', (stream) => {
  stream.on('error', () => undefined);
  stream.resume();
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(serving);
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
