/** A TCP or unix-socket client that sends exactly what a test says, and keeps all that comes back. */
import { connect, type Socket } from 'node:net';

export type RawClient = {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves with all that came so far when its last 64 KiB match; rejects when the connection ends before. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** Resolves with all that came, when the other side has closed. */
  readonly closed: Promise<string>;
};

export type RawTarget =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly localAddress?: string };

export function rawClient(to: RawTarget): RawClient {
  const socket = connect(to);
  let text = '';
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  // A reset is one of the ways in which a server may end it.
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => {
      resolve(text);
      wake();
    });
  });
  return {
    socket,
    text: () => text,
    closed,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const matches = pattern.test(text.slice(-65_536));
          if (!matches && !socket.closed) return;
          waiting.delete(look);
          if (matches) resolve(text);
          else reject(new Error(`closed before ${pattern}: ${text}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
