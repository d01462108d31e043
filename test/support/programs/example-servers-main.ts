/**
 * The servers of examples/full.yaml that are no packages of Debian: a mail server that refuses early talkers, a gRPC health
 * server (grpc-js, TLS), and a stand-in for Qdrant, which answers its health path and nothing else.
 * `example-servers-main.js CERT KEY`.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { startGrpcHealthServer } from '../peers/grpc-health-server.js';

const [certFile = '', keyFile = ''] = process.argv.slice(2);
const BANNER_DELAY_MS = 300;

createServer((socket) => {
  const greet = setTimeout(() => socket.write('220 mail.example.com ESMTP\r\n'), BANNER_DELAY_MS);
  socket.on('error', () => {});
  socket.on('close', () => clearTimeout(greet));
  socket.once('data', () => {
    clearTimeout(greet);
    socket.end('554 5.5.1 you speak before you are spoken to\r\n');
  });
}).listen(25, '10.0.0.12');

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
