import { type Finding, type Probe, unlessSure } from '../../finding.js';
import type { Chain, Packet } from '../../firewall/ruleset.js';
import { type Dropped, whoDrops } from '../../firewall/walk.js';
import { type Passage, passagesOf } from './passages.js';

/** What rules drop of adverts, checks and clients. */
export const firewall: Probe = (facts, config) => {
  if (facts.firewall.length === 0) return [];
  const blocked = new Map<string, { readonly passages: Passage[]; readonly by: Dropped }>();
  for (const passage of passagesOf(facts, config)) {
    for (const by of whoDrops(facts.firewall, passage.hooks, passage.packet)) {
      const { chain, sure } = by;
      const key = [
        chain.tool,
        chain.family,
        chain.table,
        chain.name,
        sure,
        passage.subject,
        passage.packet.family,
      ].join(' ');
      const group = blocked.get(key) ?? { passages: [], by };
      group.passages.push(passage);
      blocked.set(key, group);
    }
  }
  return [...blocked.values()].map(({ passages, by: { chain, sure } }): Finding => {
    const [{ subject, why } = { subject: '', why: '' }] = passages;
    const examples = [...new Set(passages.map(({ example }) => example))];
    const more = examples.length > 3 ? ` and ${examples.length - 3} more` : '';
    return {
      severity: sure ? unlessSure(config, 'error', 'warning') : unlessSure(config, 'warning'),
      what: `the firewall ${sure ? 'drops' : 'may drop'} ${subject} (${examples.slice(0, 3).join(', ')}${more}): ${chain.tool} ${chain.family} ${chain.table} ${chain.name}`,
      why: `${why}${sure ? '' : '; rules before cannot be judged from here'}`,
      command: commandFor(chain, passages),
    };
  });
};

/** Lets exactly these packets through, before all other rules of the chain. */
function commandFor(chain: Chain, passages: readonly Passage[]): string {
  const packets = passages.map(({ packet }) => packet);
  if (chain.table === 'firewalld' && packets[0]?.protocol === '112') {
    return `firewall-cmd --permanent --add-rich-rule='rule protocol value="vrrp" accept' && firewall-cmd --reload`;
  }
  if (chain.tool === 'nft')
    return `nft 'insert rule ${chain.family} ${chain.table} ${chain.name} ${nftMatch(packets)} accept'`;
  const rules = [...new Set(packets.map(iptablesMatch))];
  return rules.map((match) => `${chain.tool} -t ${chain.table} -I ${chain.name} ${match} -j ACCEPT`).join(' && ');
}

const sorted = (values: readonly (string | null)[]): readonly string[] =>
  [...new Set(values.flatMap((value) => value ?? []))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const set = (values: readonly string[]): string => (values.length === 1 ? `${values[0]}` : `{ ${values.join(', ')} }`);

function nftMatch(packets: readonly Packet[]): string {
  const [first] = packets;
  const ip = first?.family === 'ipv6' ? 'ip6' : 'ip';
  const all = <Key extends keyof Packet>(key: Key) =>
    packets.some((packet) => packet[key] === null) ? [] : sorted(packets.map((packet) => packet[key]));
  const parts = [
    ['iifname', all('iif').map((name) => `"${name}"`)],
    ['oifname', all('oif').map((name) => `"${name}"`)],
    // A group goes by its protocol.
    [`${ip} daddr`, first?.protocol === '112' ? [] : all('daddr')],
    ['meta l4proto', all('protocol')],
    ['th dport', all('dport')],
    ['th sport', all('sport')],
  ] as const;
  const state = first?.state === 'established' ? ['ct state established,related'] : [];
  return [...parts.flatMap(([name, values]) => (values.length === 0 ? [] : [`${name} ${set(values)}`])), ...state].join(
    ' ',
  );
}

function iptablesMatch({ iif, oif, daddr, protocol, dport, sport, state }: Packet): string {
  const parts = [
    ['-i', iif],
    ['-o', oif],
    ['-p', protocol],
    ['-d', protocol === '112' ? null : daddr],
    ['--dport', dport],
    ['--sport', sport],
    ['-m conntrack --ctstate', state === 'established' ? 'ESTABLISHED,RELATED' : null],
  ] as const;
  return parts.flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`])).join(' ');
}
