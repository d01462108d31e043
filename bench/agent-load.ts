/** Load on an agent: clients that ask as HAProxy does, over kept connections or a new one each time. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Loaded = {
  readonly checks: number;
  /** Answered as `down`, though the backend serves: too late, or not at all. */
  readonly wrong: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
};

/** `line` gives the request of a client. */
export type Target = { readonly port: number; readonly line: (client: number) => string };

/** One kept connection; answers come in the order of the questions. */
class Client {
  readonly #socket: Socket;
  readonly #waiting: ((up: boolean) => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    // Answers are a few bytes, so a chunk holds whole ones.
    socket.on('data', (chunk: Buffer) => {
      for (const answer of chunk.toString().trimEnd().split('\n')) this.#waiting.shift()?.(answer === 'up');
    });
  }

  static async connect(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  ask(line: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(line);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Opens connections a hundred at a time. */
export async function openClients(port: number, count: number): Promise<readonly Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(100, count - clients.length) }, () => Client.connect(port));
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

/** As many checks as come through, each connection asking again when it has its answer. */
export async function keptConnections({ port, line }: Target, count: number, seconds: number): Promise<Loaded> {
  const clients = await openClients(port, count);
  const result = await during(
    seconds,
    clients.length,
    (index) => clients[index]?.ask(line(index)) ?? Promise.resolve(false),
  );
  for (const client of clients) client.close();
  return result;
}

/** As many checks as come through, each over a connection of its own. */
export function freshConnections({ port, line }: Target, concurrency: number, seconds: number): Promise<Loaded> {
  return during(seconds, concurrency, async (index) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.write(line(index));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString() === 'up\n';
  });
}

/** A steady rate, spread evenly over the connections and over time, however slow the answers are. */
export async function steadyRate(
  { port, line }: Target,
  count: number,
  perSecond: number,
  seconds: number,
): Promise<Loaded> {
  const clients = await openClients(port, count);
  const tally = new Tally();
  const asked: Promise<void>[] = [];
  const startedMs = performance.now();
  const total = perSecond * seconds;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedMs) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      const index = sent % count;
      // From when it was due: a late question is a late answer too.
      asked.push(tally.add(clients[index]?.ask(line(index)), startedMs + (sent / perSecond) * 1000));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(asked);
  for (const client of clients) client.close();
  return tally.loaded(startedMs);
}

async function during(seconds: number, width: number, ask: (index: number) => Promise<boolean>): Promise<Loaded> {
  const tally = new Tally();
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  await Promise.all(
    Array.from({ length: width }, async (_, index) => {
      while (performance.now() < endMs) await tally.add(ask(index), performance.now());
    }),
  );
  return tally.loaded(startedMs);
}

class Tally {
  readonly #latenciesMs: number[] = [];
  #wrong = 0;

  async add(answer: Promise<boolean> | undefined, dueMs: number): Promise<void> {
    if ((await answer) !== true) this.#wrong += 1;
    this.#latenciesMs.push(performance.now() - dueMs);
  }

  loaded(startedMs: number): Loaded {
    const seconds = (performance.now() - startedMs) / 1000;
    return { checks: this.#latenciesMs.length, wrong: this.#wrong, seconds, latenciesMs: this.#latenciesMs };
  }
}
