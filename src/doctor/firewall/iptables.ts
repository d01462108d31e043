/** What `iptables-save` prints (iptables-extensions(8)), as chains: for hosts whose rules nft does not see. */
import {
  type Chain,
  type Condition,
  type Field,
  type Hook,
  is,
  protocolNumber,
  type Rule,
  type Tool,
  type Value,
  type Verdict,
} from './ruleset.js';

const hooks: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

const fields: Readonly<Record<string, Field>> = {
  '-i': 'iif',
  '-o': 'oif',
  '-p': 'protocol',
  '-s': 'saddr',
  '-d': 'daddr',
  '--sport': 'sport',
  '--dport': 'dport',
  '--sports': 'sport',
  '--dports': 'dport',
  '--state': 'state',
  '--ctstate': 'state',
  '--pkt-type': 'pkttype',
};
/** They say nothing of who is let through: modules, remarks, and how a target does its work. */
const silent: ReadonlySet<string> = new Set(['-m', '--comment', '--reject-with', '--log-prefix', '--log-level']);

export function readIptables(tool: Exclude<Tool, 'nft'>, text: string): readonly Chain[] {
  const chains = new Map<string, Chain & { readonly rules: Rule[] }>();
  let table = 'filter';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const head = /^:(\S+) (\S+)/.exec(line);
    if (head !== null) {
      const [, name = '', policy] = head;
      const hook = hooks[name] ?? null;
      const family = tool === 'iptables' ? 'ip' : 'ip6';
      const shape = { tool, family, table, name, hook, priority: 0, device: null };
      chains.set(`${table} ${name}`, { ...shape, drops: policy === 'DROP', rules: [] });
    }
    const [first, name, ...words] = wordsOf(line);
    if (first === '-A') chains.get(`${table} ${name}`)?.rules.push(ruleOf(words));
  }
  return [...chains.values()];
}

const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

function ruleOf(words: readonly string[]): Rule {
  const conditions: Condition[] = [];
  let verdict: Verdict = { kind: 'none' };
  let negated = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '!') {
      negated = true;
      continue;
    }
    const value = words[at + 1] ?? '';
    const field = fields[word];
    if (word === '-j' || word === '-g') verdict = verdictOf(word, value);
    else if (field !== undefined)
      conditions.push({ field, negated, values: value.split(',').map((each) => readValue(field, each)) });
    else if (word.startsWith('-') && !silent.has(word)) conditions.push(null);
    else if (!word.startsWith('-')) continue;
    if (!value.startsWith('-')) at += 1;
    negated = false;
  }
  return { conditions, verdict };
}

function verdictOf(word: string, chain: string): Verdict {
  if (word === '-g') return { kind: 'goto', chain };
  switch (chain) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'LOG':
    case 'NFLOG':
    case 'MARK':
    case 'CONNMARK':
      return { kind: 'none' };
    case 'QUEUE':
    case 'NFQUEUE':
      return { kind: 'unknown' };
    default:
      return { kind: 'jump', chain };
  }
}

function readValue(field: Field, text: string): Value {
  if (field === 'protocol') return is(protocolNumber(text));
  const network = /^(.*)\/(\d+)$/.exec(text);
  if (network !== null) return { kind: 'prefix', address: network[1] ?? '', length: Number(network[2]) };
  const span = /^(\d+):(\d+)$/.exec(text);
  if (span !== null) return { kind: 'range', low: Number(span[1]), high: Number(span[2]) };
  return is(field === 'state' || field === 'pkttype' ? text.toLowerCase() : text);
}
