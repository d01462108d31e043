/** Notification mails: hooks with `mail` for what keepalived sends one about. */
import { hostPort } from '../../../model/ip-address.js';
import { formatHumantime } from '../../../wire/text/humantime.js';
import { MAILBOX } from '../../../wire/text/mailbox.js';
import type { Hook } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { type Fields, integerOf } from './fields.js';
import type { Import } from './import.js';

type Mail = NonNullable<Hook['mail']>;
type Envelope = { readonly mail: Mail; readonly timeout: string; readonly from: readonly Statement[] };

/** What an alert is about, and what keepalived takes where neither the block nor global_defs says anything. */
const about = {
  instances: { on: 'vrrp-transition', global: 'smtp_alert_vrrp', byDefault: false },
  groups: { on: 'sync-group-state', global: 'smtp_alert_vrrp', byDefault: false },
  services: { on: 'service-state', global: 'smtp_alert_checker', byDefault: false },
  backends: { on: 'backend-state', global: 'smtp_alert_checker', byDefault: true },
} as const;
type About = keyof typeof about;

const DEFAULT_PORT = 25;
const DEFAULT_TIMEOUT = '30s';

export class Mails {
  readonly #work: Import;
  readonly #globals: Fields;
  readonly #envelope: Envelope | null;
  readonly #told: Told[] = [];

  constructor(work: Import, globals: Fields, host: string) {
    this.#work = work;
    this.#globals = globals;
    this.#envelope = envelopeOf(work, globals, host);
  }

  /** Of one block, whose events have this name; an outer block says it where the inner one does not. */
  add(kind: About, name: string, inner: Fields, outer: Fields = inner): void {
    const [innermost, outermost] = [inner.flag('smtp_alert'), outer.flag('smtp_alert')];
    const own = innermost.from === undefined ? outermost : innermost;
    if (this.#envelope === null) return;
    const { global, byDefault } = about[kind];
    const special = this.#globals.flag(global);
    const general = this.#globals.flag('smtp_alert');
    const from = [own, special, general].flatMap((value) => value.from ?? []);
    this.#work.use(...from);
    const alerts = own.value ?? special.value ?? general.value ?? byDefault;
    this.#told.push({ kind, name, alerts, from: own.from === undefined ? [] : [own.from] });
  }

  /** The hooks, when all blocks were read. */
  addTo(hooks: Hook[]): void {
    const envelope = this.#envelope;
    if (envelope === null) return;
    const silent = this.#globals.one('no_email_faults');
    for (const [kind, { on }] of Object.entries(about)) {
      const all = this.#told.filter((each) => each.kind === kind);
      const told = all.filter(({ alerts }) => alerts);
      if (told.length === 0) continue;
      const hook: Hook = { name: `mail-${kind}`, on: [on], mail: { ...envelope.mail } };
      // A hook without names is about all.
      if (told.length < all.length) hook.names = this.#namesOf(told);
      this.#work.put(hook, 'mail', hook.mail, ...envelope.from);
      this.#work.put(hook, 'timeout', envelope.timeout);
      if (silent !== undefined && on === 'vrrp-transition') {
        this.#work.put(hook, 'to', ['init', 'backup', 'master'], silent);
      }
      this.#work.push(hooks, hook);
    }
  }

  #namesOf(told: readonly Told[]): string[] {
    const names: string[] = [];
    for (const { name, from } of told) this.#work.push(names, name, ...from);
    return names;
  }
}

type Told = {
  readonly kind: About;
  readonly name: string;
  readonly alerts: boolean;
  readonly from: readonly Statement[];
};

/** Null where keepalived could not send a mail either, or none can be written here. */
function envelopeOf(work: Import, globals: Fields, host: string): Envelope | null {
  const block = globals.one('notification_email');
  const server = globals.one('smtp_server');
  const sender = globals.word('notification_email_from');
  const limit = globals.timer('smtp_connect_timeout');
  if (block === undefined || server === undefined) return null;
  const to = recipients(work, block);
  const [address = '', port = `${DEFAULT_PORT}`] = server.words;
  const from = sender.value ?? `keepalived@${host}`;
  const blamed = MAILBOX.test(from) ? null : (sender.from ?? block);
  if (to.length === 0 || blamed !== null || integerOf(port) === null) {
    work.leaveOut(
      blamed ?? block,
      blamed === null ? NOBODY : `'${from}' is no address of a sender: NAME@DOMAIN is one`,
    );
    for (const each of [server, sender.from, limit.from, blamed === null ? undefined : block])
      if (each !== undefined && !work.isTold(each)) work.leaveOut(each, 'there is no mail that could be sent');
    return null;
  }
  return {
    mail: { url: `smtp://${hostPort(address, integerOf(port) ?? DEFAULT_PORT)}`, from, to },
    timeout: limit.value === undefined ? DEFAULT_TIMEOUT : formatHumantime(limit.value),
    from: [block, server, sender.from, limit.from].filter((each) => each !== undefined),
  };
}

const NOBODY = 'none of these is an address of a recipient: NAME@DOMAIN is one';

function recipients(work: Import, block: Statement): string[] {
  const to: string[] = [];
  for (const line of block.block ?? []) {
    for (const word of [line.keyword, ...line.words]) {
      if (MAILBOX.test(word)) work.push(to, word, line);
      else if (!work.isTold(line)) work.leaveOut(line, `'${word}' is no address of a recipient: NAME@DOMAIN is one`);
    }
  }
  return to;
}
