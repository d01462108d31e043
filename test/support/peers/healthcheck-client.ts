import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';

export type WireStatus = {
  readonly last_check: string | null;
  readonly duration: string;
  readonly failures: number;
  readonly successes: number;
  readonly state: string;
  readonly message: string;
};

export type WireMessage = {
  readonly type: string;
  readonly message?: string;
  readonly batch?: { readonly notifications: readonly { readonly id: number; readonly status: WireStatus }[] };
  readonly statuses?: readonly (readonly [number, WireStatus])[];
};

/** A client of the health-check server's socket, which has read the server's `ready`. */
export async function healthcheckClient(t: ExecutionContext, path: string) {
  const socket = connect(path);
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async (): Promise<WireMessage> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the server closed the connection');
    return JSON.parse(value);
  };
  const ready = await next();
  if (ready.type !== 'ready') throw new Error(`the server began with ${ready.type}`);
  const send = (message: unknown): void => void socket.write(`${JSON.stringify(message)}\n`);
  return {
    socket,
    next,
    send,
    update: (...configs: object[]): void => send({ type: 'update_configs', configs }),
    /** Answered after everything that was sent before; notifications that come first are thrown away. */
    async statuses() {
      send({ type: 'request_status' });
      for (;;) {
        const message = await next();
        if (message.statuses !== undefined) return message.statuses;
      }
    },
  };
}

export const tcpConfig = (id: number, port: number, more: object = {}): object => ({
  ...{ id, interval: '1s', timeout: '1s', retries: 0, checker_type: 'tcp', ip: '127.0.0.1', port },
  ...more,
});
