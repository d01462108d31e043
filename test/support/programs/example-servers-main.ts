/**
 * The servers of examples/full.yaml that are no packages of Debian: a gRPC health server (grpc-js, TLS), and a stand-in for
 * Qdrant, which answers its health path and nothing else. `example-servers-main.js CERT KEY`.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { startGrpcHealthServer } from '../peers/grpc-health-server.js';

const [certFile = '', keyFile = ''] = process.argv.slice(2);

createHttpServer((request, response) => {
  response.statusCode = request.url === '/healthz' ? 200 : 404;
  response.end(request.url === '/healthz' ? 'healthz check passed' : '');
}).listen(6333, '10.0.0.23');

const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
// The process ends with the test, and takes the server with it.
const grpc = await startGrpcHealthServer({ teardown: () => {} }, { certificate, address: '10.0.0.31', port: 50051 });
grpc.services.clear();
grpc.services.set('shop.Cart', 'SERVING');
process.stdout.write('listening\n');
