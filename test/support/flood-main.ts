/**
 * Floods a gRPC door with half-sent messages and watches, from a process of its own: node dist/test/support/flood-main.js
 * ADDRESS TOKEN (`-` for none). Prints a line when all is sent, and stays until it is killed.
 */
import { type ClientHttp2Session, connect } from 'node:http2';

const [address = '', token = '-'] = process.argv.slice(2);
const CONNECTIONS = 20;
const HALF_CALLS = 20;
const WATCHES = 100;
const HALF = Buffer.alloc(7 * 1024 * 1024);
HALF.writeUInt32BE(8 * 1024 * 1024, 1);

const headers = (path: string) => ({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  ...(token === '-' ? {} : { authorization: `Bearer ${token}` }),
});

function flood(session: ClientHttp2Session): Promise<void>[] {
  const call = (path: string, body: Buffer) => {
    const stream = session.request(headers(path));
    stream.on('error', () => undefined);
    stream.resume();
    // Answered, refused, or taken.
    return new Promise<void>((resolve) => {
      stream.on('close', resolve);
      stream.write(body, () => resolve());
    });
  };
  return [
    ...Array.from({ length: HALF_CALLS }, () => call('/seesaw.healthcheck.HealthCheckService/UpdateConfig', HALF)),
    ...Array.from({ length: WATCHES }, () => call('/grpc.health.v1.Health/Watch', Buffer.alloc(5))),
  ];
}

const sent = Array.from({ length: CONNECTIONS }, () => {
  const session = connect(`http://${address}`, { maxSessionMemory: 1000 });
  session.on('error', () => undefined);
  return flood(session);
});
await Promise.all(sent.flat());
console.log('sent');
setInterval(() => undefined, 1000);
