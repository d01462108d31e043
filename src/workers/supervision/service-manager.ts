/**
 * What systemd is told (sd_notify(3)): that the daemon serves, reloads, stops, and how it is. Its watchdog is fed while the system is
 * well, by the thread that watches all others: where that one hangs, or cannot get rid of an actor that does, systemd starts anew.
 */
import type { Config } from '../../model/config.js';
import type { Log } from '../../model/observing/log.js';
import type { ActorView } from '../../model/observing/views.js';
import { NotifySocket } from '../../os/process/notify-socket.js';

/** systemd's own advice is every half of its time; with a third, one may be late. */
const FEEDS_PER_LIMIT = 3;
/** A manager that reads slowly is told in order, and not more than this at once. */
const MAX_UNSENT = 32;
const RETRY_MS = 100;

export class ServiceManager {
  readonly #log: Log;
  readonly #socket: NotifySocket | null;
  readonly #limitMs: number | null;
  readonly #unsent: string[] = [];
  #retry: NodeJS.Timeout | null = null;
  #feeding: NodeJS.Timeout | null = null;
  #status = '';
  #complained = false;
  #stopping = false;

  /** `environment`: of a process that a manager started, or an empty one. */
  constructor(environment: NodeJS.ProcessEnv, log: Log) {
    this.#log = log;
    this.#socket = NotifySocket.of(environment['NOTIFY_SOCKET']);
    this.#limitMs = watchdogLimitMs(environment);
  }

  /** From now on its watchdog is fed, as long as `isWell` says so. */
  serves(isWell: () => boolean): void {
    this.#tell('READY=1');
    if (this.#socket === null || this.#limitMs === null) return;
    const feed = () => {
      // What waits in the queue is older: it must not be overtaken.
      if (isWell() && this.#unsent.length === 0) this.#tell('WATCHDOG=1');
    };
    feed();
    this.#feeding = setInterval(feed, this.#limitMs / FEEDS_PER_LIMIT);
  }

  /** Until `reloaded`. */
  reloads(): void {
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  reloaded(): void {
    this.#tell('READY=1');
  }

  stops(): void {
    this.#stopping = true;
    this.#tell('STOPPING=1\nSTATUS=stopping');
  }

  /** One line for people, as `systemctl status` shows it. */
  is(status: string): void {
    if (status === this.#status || this.#stopping) return;
    this.#status = status;
    this.#tell(`STATUS=${status.replaceAll(/\s+/g, ' ')}`);
  }

  close(): void {
    if (this.#feeding !== null) clearInterval(this.#feeding);
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #tell(text: string): void {
    if (this.#socket === null) return;
    this.#unsent.push(text);
    if (this.#unsent.length > MAX_UNSENT) this.#unsent.shift();
    this.#send(this.#socket);
  }

  #send(socket: NotifySocket): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const refusal = socket.send(next);
      if (refusal === 'EAGAIN') {
        this.#retry ??= setTimeout(() => {
          this.#retry = null;
          this.#send(socket);
        }, RETRY_MS);
        return;
      }
      if (refusal !== null && !this.#complained) {
        this.#complained = true;
        this.#log.warn(
          { reason: refusal },
          'the service manager cannot be told how the daemon is: look at NOTIFY_SOCKET',
        );
      }
      this.#unsent.shift();
    }
  }
}

/** Null: there is no watchdog, or it watches another process. */
function watchdogLimitMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | null {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return null;
  const limitMs = Number(WATCHDOG_USEC) / 1000;
  return Number.isFinite(limitMs) && limitMs > 0 ? limitMs : null;
}

/** What concerns people first. */
export function statusLine(config: Config, actors: readonly ActorView[]): string {
  const ill = actors
    .filter(({ state }) => state !== 'running')
    .map(({ name, state, last_error: why }) => `${name} is ${state}${why === null ? '' : `: ${why}`}`);
  const serves = `services: ${config.services.length}, VRRP instances: ${config.vrrp.instances.length}, actors: ${actors.length}`;
  return ill.length === 0 ? serves : `${ill.join('; ')} (${serves})`;
}
