/**
 * Every server of a configuration: `world-main.js CERTIFICATE KEY` answers on the ports that a line of stdin lists, on all addresses
 * of this host, as what the client speaks: TLS and HTTP (200, `Hello`), or SMTP on the mail ports; UDP is sent back. `[25,80]` opens these ports
 * beside those that are open, and says `ready`.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createSecureContext, TLSSocket } from 'node:tls';

const [certificate = '', key = ''] = process.argv.slice(2);
const secureContext = createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) });
const MAIL_PORTS = [25, 465, 587];
const TLS_HANDSHAKE = 0x16;
const open = new Set<number>();

const http = createHttp((_, answer) => answer.end('Hello\n'));
const quietly = (socket: Socket) => socket.on('error', () => socket.destroy());

createInterface(process.stdin).on('line', async (line) => {
  const ports = (JSON.parse(line) as number[]).filter((port) => !open.has(port));
  await Promise.all(ports.map(listen));
  console.log('ready');
});

async function listen(port: number): Promise<void> {
  open.add(port);
  const server = createServer(MAIL_PORTS.includes(port) ? mail : web);
  await new Promise<void>((resolve) => server.listen(port, '::', resolve));
  const udp = createSocket({ type: 'udp6' });
  udp.on('message', (message, { port: from, address }) => udp.send(message, from, address));
  await new Promise<void>((resolve) => udp.bind(port, '::', resolve));
}

function web(socket: Socket): void {
  quietly(socket).once('data', (first) => {
    socket.pause();
    socket.unshift(first);
    const isTls = first[0] === TLS_HANDSHAKE;
    http.emit('connection', isTls ? quietly(new TLSSocket(socket, { isServer: true, secureContext })) : socket);
    socket.resume();
  });
}

function mail(socket: Socket): void {
  quietly(socket).write('220 mail ready\r\n');
  const lines = createInterface(socket).on('error', () => socket.destroy());
  lines.on('line', (line) => {
    socket.write(line.startsWith('QUIT') ? '221 bye\r\n' : '250 mail\r\n');
    if (line.startsWith('QUIT')) socket.end();
  });
}
