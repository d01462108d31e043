/**
 * Fulcrum inside an Express app, with its events as a stream. `node dist/examples/embed-express.js CONFIG [PORT]`
 */
import express from 'express';
import { createRuntime } from 'fulcrum';

const [config = 'examples/proxy.toml', port = '3001'] = process.argv.slice(2);

const runtime = await createRuntime(config, { logger: console });
const app = express();

app.get('/services', (_request, response) => {
  response.json(runtime.status().services);
});
app.get('/events', (request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const subscription = runtime.events$.subscribe((event) => response.write(`data: ${JSON.stringify(event)}\n\n`));
  request.on('close', () => subscription.unsubscribe());
});

const server = app.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void runtime.stop();
});
