import { hostname } from 'node:os';
import { hostPort } from '../../model/ip-address.js';
import type { Checker, CheckerContext, ProbeSpec } from '../../model/probe.js';
import { SmtpReader } from '../../wire/smtp/replies.js';
import { type Connection, openConnection, plainTcp, upgradeToTls } from '../connecting/connection.js';
import { Connector } from '../connecting/connector.js';
import { beginExchange } from '../connecting/exchange.js';
import { describeTls, TlsContexts } from '../connecting/tls-context.js';
import { createChecker, type Probe } from '../probing/probe.js';
import { healthy } from '../probing/probe-result.js';
import { nextStep, quoteReply, type Stage } from './dialogue.js';
import type { SmtpCheck } from './index.js';

/** Waits for the banner, says EHLO, goes on in TLS where asked, and says QUIT: to one server after the other. */
export function createSmtpChecker(context: CheckerContext): Checker<SmtpCheck> {
  const contexts = new TlsContexts(context);
  const connector = new Connector(context, contexts);

  const ask = (probe: Probe, spec: ProbeSpec<SmtpCheck>, done: (words: string) => void): void => {
    const { check } = spec;
    const start = { stage: 'banner', banner: '', secure: null, done } as const;
    if (!check.starttls) {
      const options = { tls: check.tls ? check : null, names: [], alpn: [], peerSpeaksFirst: true };
      connector.open(probe, spec, options, (connection) => converse(probe, connection, check, start));
      return;
    }
    openConnection(probe, context, contexts, spec, plainTcp, (plain) => {
      const secure = (banner: string): void =>
        upgradeToTls(probe, contexts, spec, plain, check, (connection) =>
          converse(probe, connection, check, { stage: 'EHLO', banner, secure: null, done }),
        );
      converse(probe, plain, check, { ...start, secure });
    });
  };

  return createChecker(
    context,
    (probe, spec) => {
      const { hosts } = spec.check;
      const servers =
        hosts.length === 0 ? [spec] : hosts.map(({ address, port }) => ({ ...spec, host: address, port }));
      const askFrom = (index: number): void => {
        const server = servers[index];
        if (server === undefined) return;
        probe.where = hostPort(server.host, server.port);
        ask(probe, server, (words) => {
          if (index + 1 < servers.length) probe.replace(() => askFrom(index + 1));
          else
            probe.end(healthy(servers.length === 1 ? words : `${servers.length} servers answered, the last: ${words}`));
        });
      };
      askFrom(0);
    },
    () => connector.close(),
  );
}

type Dialogue = {
  /** What the first reply answers: EHLO is said at once. */
  readonly stage: 'banner' | 'EHLO';
  readonly banner: string;
  /** Goes on in TLS, with this banner; null: TLS is there, or not asked for. */
  readonly secure: ((banner: string) => void) | null;
  readonly done: (words: string) => void;
};

function converse(probe: Probe, connection: Connection, check: SmtpCheck, dialogue: Dialogue): void {
  const { secure, done } = dialogue;
  const reader = new SmtpReader();
  let stage: Stage = dialogue.stage;
  let { banner } = dialogue;

  const say = (next: Exclude<Stage, 'banner'>): void => {
    stage = next;
    const words = next === 'EHLO' || next === 'HELO' ? `${next} ${check.helo ?? hostname()}` : next;
    connection.socket.write(Buffer.from(`${words}\r\n`));
  };
  const detach = beginExchange(probe, connection, {
    onData(bytes) {
      const read = reader.push(bytes);
      if (read.kind === 'malformed') {
        probe.refuse('protocol', read.reason);
        return;
      }
      const [reply] = read.replies;
      if (reply === undefined) return;
      // What comes before TLS would otherwise be taken for what came in it.
      if (read.replies.length > 1 || reader.isInside) {
        probe.refuse('protocol', `the server goes on after its answer to ${stage}, before it is asked`);
        return;
      }
      if (stage === 'banner') banner = quoteReply(reply);
      const step = nextStep(stage, reply, secure !== null);
      if (step.kind === 'refused') probe.refuse(step.cause, step.reason);
      else if (step.kind === 'say') say(step.stage);
      else {
        detach();
        if (step.kind === 'secure') probe.guard(() => secure?.(banner));
        else done(`${banner}${connection.kind === 'tls' ? ` (${describeTls(connection.socket)})` : ''}`);
      }
    },
    onClosed: () =>
      probe.refuse(
        'closed',
        `connection closed ${stage === 'banner' ? 'before the banner' : `before the answer to ${stage}`}`,
      ),
    again: null,
  });
  probe.phase = 'query';
  probe.describe = () => `waiting for the ${stage === 'banner' ? 'banner' : `answer to ${stage}`}`;
  if (stage === 'EHLO') say('EHLO');
}

export { createSmtpChecker as create };
