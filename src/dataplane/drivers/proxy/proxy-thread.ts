/** One proxy thread as the driver sees it: questions and answers matched by id, and whether anyone is there. */
import type { Subscription } from 'rxjs';
import type { ChangeResult } from '../../../model/dataplane/change.js';
import { type Change, changeWords } from '../../../model/dataplane/change.js';
import type { ServiceKey } from '../../../model/dataplane/table.js';
import type { Link } from '../../../model/link.js';
import type { FromProxy, ProxyCounts, ProxyEntry, ToProxy } from '../../../wire/links/proxy.js';

/**
 * A thread that says nothing for so long is frozen, and will be replaced; the others' changes must not wait longer for it.
 * Until it speaks again it is not waited for at all.
 */
const ANSWER_TIMEOUT_MS = 2000;

type Answer = Exclude<FromProxy, { kind: 'lost' }>;
type Waiting = { readonly resolve: (answer: Answer | null) => void; readonly timer: NodeJS.Timeout };

export class ProxyThread {
  readonly name: string;
  readonly #link: Link<FromProxy, ToProxy>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #subscriptions: readonly Subscription[];
  #nextId = 1;
  #connected = false;
  #silent = false;

  /** `changed` is called when what the thread serves may be another than what it was told; `arrived` when it (again) is there. */
  constructor(link: Link<FromProxy, ToProxy>, arrived: () => void, changed: (why: string) => void) {
    this.name = link.peer;
    this.#link = link;
    this.#subscriptions = [
      link.connected$.subscribe(() => {
        const again = this.#connected;
        this.#connected = true;
        this.#silent = false;
        this.#abandon();
        arrived();
        if (again) changed(`${this.name} was restarted`);
      }),
      link.in$.subscribe((message) => {
        if (this.#silent) changed(`${this.name} answers again`);
        this.#silent = false;
        if (message.kind === 'lost') changed(`${this.name} lost ${message.service}: ${message.why}`);
        else this.#settle(message.id, message);
      }),
    ];
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Rejects when the thread does not answer. */
  async read(): Promise<readonly ProxyEntry[]> {
    const answer = await this.#ask((id) => ({ kind: 'read', id }));
    if (answer?.kind !== 'table') throw new Error(this.#noAnswer());
    return answer.entries;
  }

  /** Rejects when the thread does not answer. */
  async counts(services: readonly ServiceKey[] | null): Promise<readonly ProxyCounts[]> {
    const answer = await this.#ask((id) => ({ kind: 'count', id, services }));
    if (answer?.kind !== 'counts') throw new Error(this.#noAnswer());
    return answer.counts;
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeResult[]> {
    const answer = await this.#ask((id) => ({ kind: 'apply', id, changes }));
    if (answer?.kind === 'applied') return answer.results;
    return changes.map((change) => ({
      ok: false,
      code: 'ETIMEDOUT',
      message: `${changeWords(change).text}: ${this.#noAnswer()}`,
    }));
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#abandon();
  }

  #noAnswer(): string {
    return this.#connected ? `${this.name} does not answer` : `${this.name} is not running`;
  }

  #ask(question: (id: number) => ToProxy): Promise<Answer | null> {
    if (!this.#connected || this.#silent) return Promise.resolve(null);
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#silent = true;
        this.#settle(id, null);
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, timer });
      this.#link.out.next(question(id));
    });
  }

  #settle(id: number, answer: Answer | null): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    waiting.resolve(answer);
  }

  /** Whoever should have answered these is gone. */
  #abandon(): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, null);
  }
}
