import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createTransport } from 'nodemailer';
import { mailOf } from '../../wire/hooks/mail.js';
import { inTime, type Message, type Outcome } from './message.js';
import { tlsOf } from './tell-url.js';

const PORTS = { smtp: 25, smtps: 465 };

/** A mail. The connection is ours, so that its end is too: a server that hangs is left at the time limit. */
export const tellMail = (message: Message, mail: NonNullable<Message['hook']['mail']>): Promise<Outcome> =>
  inTime(message, async (signal) => {
    const { hook, node, id, entry, document } = message;
    const { protocol, hostname, port, username, password } = new URL(mail.url);
    const secure = protocol === 'smtps:';
    const host = hostname.replace(/^\[(.*)\]$/u, '$1');
    const address = { host, port: port === '' ? PORTS[secure ? 'smtps' : 'smtp'] : Number(port) };
    const tls = await tlsOf(hook);
    const socket = secure ? connectTls({ ...address, servername: host, ...tls }) : connectTcp(address);
    const cut = () => socket.destroy(new Error('the time is over'));
    signal.addEventListener('abort', cut);
    try {
      await once(socket, secure ? 'secureConnect' : 'connect', { signal });
      const hasLogin = username !== '';
      const auth = { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
      const transport = createTransport({
        ...address,
        name: node,
        connection: socket,
        secure,
        secured: secure,
        // A login never goes over the wire in the clear.
        requireTLS: hasLogin && !secure,
        tls: { servername: host, ...tls },
        disableFileAccess: true,
        disableUrlAccess: true,
        ...(hasLogin ? { auth } : {}),
      });
      await sent(transport.sendMail(letter()), socket);
    } finally {
      signal.removeEventListener('abort', cut);
      socket.destroy();
    }

    function letter() {
      return {
        from: mail.from,
        to: [...mail.to],
        // The same for each attempt: a mail that comes twice is known by it.
        messageId: `<${id}.${hook.name.replace(/[^A-Za-z0-9.-]/gu, '-')}@${node.replace(/[^A-Za-z0-9.-]/gu, '-')}>`,
        ...mailOf(node, entry, document),
        headers: { 'auto-submitted': 'auto-generated' },
      };
    }
  });

/** Ends with the connection, whatever the library waits for. */
async function sent(sending: Promise<unknown>, socket: Socket): Promise<void> {
  let end = (_: Error): void => {};
  const closed = new Promise<never>((_, reject) => {
    end = reject;
  });
  const onClose = () => end(new Error('the mail server closed the connection'));
  socket.once('close', onClose);
  try {
    await Promise.race([sending, closed]);
  } finally {
    socket.off('close', onClose);
    sending.catch(() => {});
  }
}
