/** lb_kind and lvs_method: how packets reach a real server. */
import type { Backend, Service } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import { integerOf } from '../fields.js';
import type { Import } from '../import.js';

export type Method = {
  readonly forwarding: NonNullable<Service['forwarding']>;
  readonly tunnel: Backend['tunnel'];
  readonly from: Statement;
};

const words = { NAT: 'nat', DR: 'dsr', TUN: 'tun' } as const;

export function methodOf(work: Import, from: Statement | undefined): Method | null {
  if (from === undefined) return null;
  const [word = '', ...options] = from.words;
  const forwarding = Object.entries(words).find(([name]) => name === word)?.[1];
  if (forwarding === undefined) {
    work.leaveOut(from, `'${word}' is no method: NAT, DR and TUN are`);
    return null;
  }
  const type = (['ipip', 'gue', 'gre'] as const).find((known) => known === after(options, 'type'));
  const port = integerOf(after(options, 'port') ?? '');
  if (options.includes('csum') || options.includes('remcsum')) {
    work.otherwise(from, 'the kernel makes no checksum of the tunnel (nocsum)');
  }
  const tunnel = forwarding === 'tun' && type !== undefined ? { type, ...(port === null ? {} : { port }) } : null;
  return { forwarding, tunnel, from };
}

const after = (words: readonly string[], word: string): string | undefined =>
  words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
