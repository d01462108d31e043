import { messageOf } from '../../model/errors.js';
import type { Unread } from '../facts.js';
import { readIptables } from '../firewall/iptables.js';
import { readNft } from '../firewall/nft.js';
import type { Chain } from '../firewall/ruleset.js';
import { runTool } from './tool.js';

export type Firewall = { readonly chains: readonly Chain[]; readonly unread: readonly Unread[] };

/** nft shows what iptables made too, unless that is the old one, with tables of its own. */
export async function readFirewall(): Promise<Firewall> {
  const [nft, legacy, legacy6] = await Promise.all([
    runTool('nft', '-j', 'list', 'ruleset'),
    runTool('iptables-legacy-save'),
    runTool('ip6tables-legacy-save'),
  ]);
  const old = [
    ...(legacy.kind === 'ran' ? readIptables('iptables', legacy.stdout) : []),
    ...(legacy6.kind === 'ran' ? readIptables('ip6tables', legacy6.stdout) : []),
  ];
  if (nft.kind === 'missing') return await readWithoutNft(old);
  if (nft.kind === 'failed') return { chains: old, unread: [unreadable(nft.why)] };
  try {
    return { chains: [...readNft(nft.stdout), ...old], unread: [] };
  } catch (error) {
    return { chains: old, unread: [unreadable(`nft printed something else than expected: ${messageOf(error)}`)] };
  }
}

async function readWithoutNft(old: readonly Chain[]): Promise<Firewall> {
  const [ipv4, ipv6] = await Promise.all([runTool('iptables-save'), runTool('ip6tables-save')]);
  const chains = [
    ...old,
    ...(ipv4.kind === 'ran' ? readIptables('iptables', ipv4.stdout) : []),
    ...(ipv6.kind === 'ran' ? readIptables('ip6tables', ipv6.stdout) : []),
  ];
  // A kernel with rules has a program that made them, mostly.
  return { chains, unread: ipv4.kind === 'failed' ? [unreadable(ipv4.why)] : [] };
}

const unreadable = (why: string): Unread => ({ what: 'the firewall', why, command: 'sudo nft list ruleset' });
