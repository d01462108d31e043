/** Writes to the kernel's table by Fulcrum's writer, and by ipvsadm: one weight, a whole table, and none at all. */
import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { TableWriter } from '../../src/actors/engine/table-writer.js';
import type { DesiredService } from '../../src/model/dataplane/desired-service.js';
import { port } from '../../src/model/units.js';
import { monotonicNow } from '../../src/os/clock/clock.js';
import { IPPROTO_TCP, PLAIN_TUNNEL } from '../../src/wire/ipvs/types.js';
import { type ToDataplane, toDataplane } from '../../src/wire/links/tables.js';
import { measureAddonWrites } from './addon-writes.js';
import { type FromWriterThread, LAST_SERVICE } from './writer-link.js';

const SERVICES = 1000;
const BACKENDS = 10;
/** V8 goes on making the code faster until then. */
const WARM_UP = 2000;
/** The first changes, by code that never ran. */
const COLD = 200;

export type WriteFigures = {
  /** From the engine's send to the kernel's acknowledgement. */
  readonly weightUs: readonly number[];
  readonly coldWeightUs: readonly number[];
  /** `ipvsadm -e`, started for each change. */
  readonly ipvsadmWeightUs: readonly number[];
  /** The npm package netlink, told and sending on one thread; null where it is not installed. */
  readonly addonWeightUs: readonly number[] | null;
  readonly tableMs: readonly number[];
  /** `ipvsadm -R` with the same rules. */
  readonly ipvsadmTableMs: readonly number[];
  readonly reconcileMs: readonly number[];
  readonly reconcileEntries: number;
  /** Writes that the reconciles made: none. */
  readonly reconcileWrites: number;
};

export type WriteOptions = { readonly weights: number; readonly ipvsadmWeights: number; readonly rounds: number };

const address = (index: number): string => `10.1.${index >> 8}.${index & 255}`;

const service = (index: number, weight: number): DesiredService => ({
  name: index === SERVICES - 1 ? LAST_SERVICE : `service-${index}`,
  match: { kind: 'address', address: address(index), port: port(80), protocol: 'tcp' },
  scheduler: 'wlc',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations: Array.from({ length: BACKENDS }, (_, backend) => ({
    backend: `b${backend}`,
    address: `10.2.0.${backend + 1}`,
    port: 8080,
    weight: backend === 0 ? weight : 1,
    forwarding: 'nat',
    maxConnections: 0,
    tunnel: null,
    draining: false,
  })),
});

const rules = (): string =>
  Array.from({ length: SERVICES }, (_, index) => {
    const add = `-A -t ${address(index)}:80 -s wlc\n`;
    const backends = Array.from({ length: BACKENDS }, (_unused, backend) => {
      return `-a -t ${address(index)}:80 -r 10.2.0.${backend + 1}:8080 -m -w 1\n`;
    });
    return add + backends.join('');
  }).join('');

export async function measureWrites(options: WriteOptions, tick: (what: string) => void): Promise<WriteFigures> {
  const thread = await WriterThread.start();
  try {
    const tableMs: number[] = [];
    const ipvsadmTableMs: number[] = [];
    const input = rules();
    for (let round = 0; round < options.rounds; round += 1) {
      await thread.emptyTable();
      const startNs = monotonicNow();
      execFileSync('ipvsadm', ['-R'], { input });
      ipvsadmTableMs.push((monotonicNow() - startNs) / 1e6);
      execFileSync('ipvsadm', ['-C']);
      tableMs.push((await thread.fillTable()) / 1e6);
      tick('table');
    }
    const reconciles = [];
    for (let round = 0; round < options.rounds; round += 1) reconciles.push(await thread.reconcile());
    tick('reconcile');
    const tookUs: number[] = [];
    for (let change = 0; change < WARM_UP + options.weights; change += 1) {
      // Another weight than it has: each round through the services has its own.
      tookUs.push((await thread.changeWeight(change % 100, 2 + (Math.floor(change / 100) % 50))) / 1e3);
    }
    tick('weights');
    const ipvsadmWeightUs = Array.from({ length: options.ipvsadmWeights }, (_, change) => {
      const line = `-e -t ${address(change % 100)}:80 -r 10.2.0.1:8080 -m -w ${60 + (change % 40)}`;
      const startNs = monotonicNow();
      execFileSync('ipvsadm', line.split(' '));
      return (monotonicNow() - startNs) / 1e3;
    });
    tick('ipvsadm -e');
    const addonWeightUs = await measureAddonWrites(
      Array.from({ length: WARM_UP + options.weights }, (_, change) => ({
        service: { kind: 'address', address: address(change % 100), port: 80, protocol: IPPROTO_TCP },
        destination: {
          address: '10.2.0.1',
          port: 8080,
          weight: 100 + (Math.floor(change / 100) % 50),
          forwarding: 'nat',
          upperThreshold: 0,
          lowerThreshold: 0,
          tunnel: PLAIN_TUNNEL,
        },
      })),
    );
    tick('netlink');
    return {
      weightUs: tookUs.slice(WARM_UP),
      coldWeightUs: tookUs.slice(0, COLD),
      ipvsadmWeightUs,
      addonWeightUs: addonWeightUs?.slice(WARM_UP) ?? null,
      tableMs,
      ipvsadmTableMs,
      reconcileMs: reconciles.map(({ readNs, diffNs }) => (readNs + diffNs) / 1e6),
      reconcileEntries: reconciles[0]?.entries ?? 0,
      reconcileWrites: reconciles.reduce((sum, { changes }) => sum + changes, 0),
    };
  } finally {
    await thread.stop();
    execFileSync('ipvsadm', ['-C']);
  }
}

type Kind = FromWriterThread['kind'];

class WriterThread {
  readonly #worker: Worker;
  /** The engine's; nothing waits, as a change is told when the one before it is written. */
  readonly #table = new TableWriter({ out: { next: (message) => this.#tell(message) }, backlog: () => 0 });
  #waiting: { readonly kind: Kind; readonly take: (message: FromWriterThread) => void } | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: FromWriterThread) => {
      if (message.kind === 'acknowledged' && message.failure !== null) throw new Error(message.failure);
      if (message.kind !== this.#waiting?.kind) return;
      const { take } = this.#waiting;
      this.#waiting = null;
      take(message);
    });
  }

  static async start(): Promise<WriterThread> {
    const thread = new WriterThread(new Worker(new URL('./writer-thread.js', import.meta.url)));
    await thread.#next('ready');
    return thread;
  }

  stop(): Promise<number> {
    return this.#worker.terminate();
  }

  /** By the writer itself, so that it knows. */
  async emptyTable(): Promise<void> {
    for (let index = 0; index < SERVICES; index += 1) this.#table.remove(service(index, 1).name);
    this.#table.tellAll([]);
    while ((await this.reconcile()).entries > 0);
  }

  /** From the first service told to the last acknowledgement. */
  async fillTable(): Promise<number> {
    const messages = Array.from({ length: SERVICES }, (_, index) => service(index, 1));
    const startNs = monotonicNow();
    this.#table.tellAll(messages);
    return (await this.#next('written')).atNs - startNs;
  }

  async changeWeight(index: number, weight: number): Promise<number> {
    const one = service(index, weight);
    const startNs = monotonicNow();
    this.#table.tell(one);
    return (await this.#next('acknowledged')).atNs - startNs;
  }

  reconcile(): Promise<Extract<FromWriterThread, { kind: 'reconciled' }>> {
    this.#worker.postMessage('reconcile');
    return this.#next('reconciled');
  }

  #tell(message: ToDataplane): void {
    const bytes = toDataplane.encode(message);
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  #next<K extends Kind>(kind: K): Promise<Extract<FromWriterThread, { kind: K }>> {
    return new Promise((resolve) => {
      this.#waiting = { kind, take: (message) => resolve(message as Extract<FromWriterThread, { kind: K }>) };
    });
  }
}
