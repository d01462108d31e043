/** Notify scripts: a hook for each. */
import type { Hook } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { shellWords } from '../language/text.js';
import { commandOf } from './command.js';
import type { Fields } from './fields.js';
import type { Import } from './import.js';
import { Mails } from './mails.js';

type To = Hook['to'];
/** Whom a script is about, and the events that it is told. */
export type Subject = { readonly name: string; readonly on: Hook['on']; readonly names: readonly string[] };

export class Hooks {
  readonly list: Hook[] = [];
  readonly mails: Mails;
  readonly #work: Import;
  readonly #globals: Fields;

  constructor(work: Import, globals: Fields, host: string) {
    this.#work = work;
    this.#globals = globals;
    this.mails = new Mails(work, globals, host);
  }

  /** keepalived tells what has happened by the script's own name; `to` says when that is. */
  add(fields: Fields, keyword: string, subject: Subject, to: To): void {
    this.#add(fields.one(keyword), subject, { to });
  }

  /** notify_master and its like, of an instance or a group, and the one script for all. */
  addForStates(fields: Fields, subject: Subject): void {
    this.add(fields, 'notify_master', subject, ['master']);
    this.add(fields, 'notify_backup', subject, ['backup']);
    this.add(fields, 'notify_fault', subject, ['fault']);
    this.add(fields, 'notify_stop', subject, ['init']);
    this.addForAll(fields, 'notify', subject);
  }

  /** The script takes keepalived's arguments. */
  addForAll(fields: Fields, keyword: string, subject: Subject): void {
    this.#add(fields.one(keyword), subject, { format: 'keepalived' });
  }

  #add(from: Statement | undefined, { name, on, names }: Subject, own: Partial<Hook>): void {
    if (from === undefined || this.#work.isTold(from)) return;
    const [, script = '', user] = shellWords(from.text);
    const command = commandOf(script);
    if (command === null) {
      this.#work.leaveOut(from, 'this is no program: a hook runs one without a shell');
      return;
    }
    const owner = this.#globals.word('script_user');
    const hook: Hook = {
      name: `${name}-${from.keyword}`.slice(-128),
      on,
      names: [...names],
      command,
      ...own,
    };
    this.#work.put(hook, 'command', command, from);
    // keepalived does not look at the exit code.
    this.#work.putOr(hook, 'retries', 0, undefined);
    if (user !== undefined) this.#work.put(hook, 'user', user, from);
    else if (owner.from !== undefined) this.#work.put(hook, 'user', owner.value, owner.from);
    this.#work.push(this.list, hook, from);
  }

  /** The pipes that keepalived writes the same lines to. */
  addPipes(): void {
    for (const [keyword, on] of pipes) {
      const { value, from } = this.#globals.word(keyword);
      if (from === undefined) continue;
      const hook: Hook = { name: keyword, on: [...on], fifo: value, format: 'keepalived' };
      this.#work.put(hook, 'fifo', value, from);
      this.#work.push(this.list, hook, from);
    }
  }
}

const servers = ['service-state', 'backend-state'] as const;
const pipes = [
  ['notify_fifo', ['vrrp-transition', 'sync-group-state', ...servers]],
  ['vrrp_notify_fifo', ['vrrp-transition', 'sync-group-state']],
  ['lvs_notify_fifo', servers],
] as const;
