/** `nft -j list ruleset` (libnftables-json(5)) as chains. What is not understood is a condition that nobody can tell. */
import { z } from 'zod';
import {
  type Chain,
  type Condition,
  type Field,
  type Hook,
  is,
  protocolNumber,
  type Rule,
  type Value,
  type Verdict,
} from './ruleset.js';

const json = z.record(z.string(), z.unknown());
const chainSchema = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.enum(['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting']).nullable().catch(null),
  prio: z.number().catch(0),
  dev: z.string().nullable().catch(null),
  policy: z.string().catch('accept'),
});
const ruleSchema = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  expr: z.array(json),
});
const documentSchema = z.object({ nftables: z.array(json) });

/** @throws ZodError or SyntaxError where it is something else */
export function readNft(text: string): readonly Chain[] {
  const entries = documentSchema.parse(JSON.parse(text)).nftables;
  const rules = entries.flatMap(({ rule }) => ruleSchema.safeParse(rule).data ?? []);
  return entries
    .flatMap(({ chain }) => chainSchema.safeParse(chain).data ?? [])
    .map(({ prio, dev, policy, ...chain }): Chain => {
      const own = rules.filter(
        (rule) => rule.family === chain.family && rule.table === chain.table && rule.chain === chain.name,
      );
      const hook: Hook | null = chain.hook;
      return {
        ...chain,
        hook,
        tool: 'nft',
        priority: prio,
        device: dev,
        drops: policy === 'drop',
        rules: own.flatMap(({ expr }) => rulesOf(expr)),
      };
    });
}

/** A verdict map is a rule for each of its entries. */
function rulesOf(statements: readonly z.infer<typeof json>[]): readonly Rule[] {
  const conditions: Condition[] = [];
  for (const statement of statements) {
    const [name = '', value] = Object.entries(statement)[0] ?? [];
    if (name === 'match') conditions.push(...matchOf(value));
    else if (name === 'vmap')
      return mapOf(value).map(({ when, verdict }) => ({ conditions: [...conditions, ...when], verdict }));
    else if (name === 'limit' || name === 'xt') conditions.push(null);
    else {
      const verdict = verdictOf(statement);
      if (verdict !== null) return [{ conditions, verdict }];
    }
  }
  // A rule that iptables made may end in a target that this program of nft does not know.
  const hidden = statements.some((statement) => 'xt' in statement);
  return [{ conditions, verdict: { kind: hidden ? 'unknown' : 'none' } }];
}

const target = z.object({ target: z.string() });

function verdictOf(statement: z.infer<typeof json>): Verdict | null {
  const [name = '', value] = Object.entries(statement)[0] ?? [];
  switch (name) {
    case 'accept':
    case 'drop':
    case 'return':
      return { kind: name };
    case 'reject':
      return { kind: 'drop' };
    case 'jump':
    case 'goto': {
      const to = target.safeParse(value);
      return to.success ? { kind: name, chain: to.data.target } : { kind: 'unknown' };
    }
    case 'queue':
    case 'synproxy':
    case 'tproxy':
      return { kind: 'unknown' };
    default:
      return null;
  }
}

const vmap = z.object({ key: z.unknown(), data: z.object({ set: z.array(z.tuple([z.unknown(), json])) }) });

function mapOf(value: unknown): readonly { readonly when: readonly Condition[]; readonly verdict: Verdict }[] {
  const map = vmap.safeParse(value);
  if (!map.success) return [{ when: [null], verdict: { kind: 'unknown' } }];
  return map.data.data.set.map(([right, statement]) => ({
    when: matchOf({ op: '==', left: map.data.key, right }),
    verdict: verdictOf(statement) ?? { kind: 'unknown' },
  }));
}

const match = z.object({ op: z.string(), left: json, right: z.unknown() });
const metaKey = z.object({ key: z.string() });
const payload = z.object({ protocol: z.string(), field: z.string() });

const metaFields: Readonly<Record<string, Field>> = {
  iif: 'iif',
  iifname: 'iif',
  oif: 'oif',
  oifname: 'oif',
  l4proto: 'protocol',
  pkttype: 'pkttype',
};
const families: Readonly<Record<string, string>> = { ip: 'ipv4', ip6: 'ipv6' };

/** One match may say more than one thing: `tcp dport 80` is about TCP alone. */
function matchOf(value: unknown): readonly Condition[] {
  const found = match.safeParse(value);
  if (!found.success || !['==', 'in', '!='].includes(found.data.op)) return [null];
  const { op, left, right } = found.data;
  const about = (field: Field): Condition => {
    const values = valuesOf(right)?.map((each) =>
      field === 'protocol' && each.kind === 'is' ? is(protocolNumber(each.text)) : each,
    );
    return values === undefined ? null : { field, negated: op === '!=', values };
  };
  const meta = metaKey.safeParse(left['meta']);
  if (meta.success) {
    const field = metaFields[meta.data.key];
    return [field === undefined ? null : about(field)];
  }
  const ct = metaKey.safeParse(left['ct']);
  if (ct.success) return [ct.data.key === 'state' ? about('state') : null];
  const part = payload.safeParse(left['payload']);
  if (!part.success) return [null];
  const { protocol, field } = part.data;
  const family = families[protocol];
  if (family !== undefined) {
    const within: Condition = { field: 'family', negated: false, values: [is(family)] };
    if (field === 'protocol' || field === 'nexthdr') return [within, about('protocol')];
    return [within, field === 'saddr' || field === 'daddr' ? about(field) : null];
  }
  const only: Condition[] =
    protocol === 'th' ? [] : [{ field: 'protocol', negated: false, values: [is(protocolNumber(protocol))] }];
  return [...only, field === 'sport' || field === 'dport' ? about(field) : null];
}

const range = z.object({ range: z.tuple([z.number(), z.number()]) });
const prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });
const setOf = z.object({ set: z.array(z.unknown()) });

/** Undefined where a part cannot be told, such as a named set. */
function valuesOf(right: unknown): readonly Value[] | undefined {
  if (Array.isArray(right)) return allValues(right);
  if (typeof right === 'number') return [is(String(right))];
  if (typeof right === 'string') return right.startsWith('@') ? undefined : [is(right)];
  const set = setOf.safeParse(right);
  if (set.success) return allValues(set.data.set);
  const span = range.safeParse(right);
  if (span.success) return [{ kind: 'range', low: span.data.range[0], high: span.data.range[1] }];
  const network = prefix.safeParse(right);
  if (network.success) return [{ kind: 'prefix', address: network.data.prefix.addr, length: network.data.prefix.len }];
  return undefined;
}

function allValues(items: readonly unknown[]): readonly Value[] | undefined {
  const values = items.map(valuesOf);
  return values.includes(undefined) ? undefined : values.flatMap((each) => each ?? []);
}
