/** Sends a packet through the chains of a hook, as netfilter would: pure. */
import { addressBytes } from '../../model/ip-address.js';
import type { Chain, Condition, Hook, Packet, Rule, Value } from './ruleset.js';

/** `sure`: no rule before might have let it through for a reason that is not seen from here. */
export type Dropped = { readonly chain: Chain; readonly sure: boolean };

/** A chain may call others; a kernel's limit is 16. */
const MAX_DEPTH = 16;

/** Every base chain that drops it. */
export function whoDrops(chains: readonly Chain[], hooks: readonly Hook[], packet: Packet): readonly Dropped[] {
  return chains.flatMap((chain): Dropped[] => {
    if (chain.hook === null || !hooks.includes(chain.hook) || !concerns(chain, packet)) return [];
    const way = { doubt: false };
    const end = follow(chain, chains, packet, way, 0);
    const dropped = end === 'drop' || (end !== 'accept' && chain.drops);
    return dropped ? [{ chain, sure: !way.doubt }] : [];
  });
}

function concerns({ family, device }: Chain, packet: Packet): boolean {
  if (device !== null && packet.iif !== device) return false;
  if (family === 'ip') return packet.family === 'ipv4';
  if (family === 'ip6') return packet.family === 'ipv6';
  return family === 'inet' || family === 'netdev';
}

type End = 'accept' | 'drop' | 'return';

function follow(chain: Chain, chains: readonly Chain[], packet: Packet, way: { doubt: boolean }, depth: number): End {
  if (depth > MAX_DEPTH) return 'return';
  for (const { conditions, verdict } of chain.rules) {
    const holds = allHold(conditions, packet);
    if (holds === false || verdict.kind === 'none') continue;
    if (holds === null || verdict.kind === 'unknown') {
      // What it might drop is no finding; what it might let through is a doubt.
      if (verdict.kind !== 'drop') way.doubt = true;
      continue;
    }
    if (verdict.kind === 'jump' || verdict.kind === 'goto') {
      const same = ({ tool, family, table, name }: Chain) =>
        tool === chain.tool && family === chain.family && table === chain.table && name === verdict.chain;
      const next = chains.find(same);
      const end = next === undefined ? 'return' : follow(next, chains, packet, way, depth + 1);
      if (end !== 'return' || verdict.kind === 'goto') return end;
      continue;
    }
    return verdict.kind;
  }
  return 'return';
}

/** Null: it cannot be told. */
function allHold(conditions: Rule['conditions'], packet: Packet): boolean | null {
  const answers = conditions.map((condition) => holds(condition, packet));
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

function holds(condition: Condition, packet: Packet): boolean | null {
  if (condition === null) return null;
  const value = packet[condition.field];
  if (value === null) return null;
  return condition.values.some((each) => fits(each, value)) !== condition.negated;
}

function fits(wanted: Value, value: string): boolean {
  if (wanted.kind === 'range') return Number(value) >= wanted.low && Number(value) <= wanted.high;
  if (wanted.kind === 'prefix') return isInside(value, wanted.address, wanted.length);
  const open = /^(.*)[*+]$/.exec(wanted.text);
  return open === null ? wanted.text === value : value.startsWith(open[1] ?? '');
}

/** Whether an address is in a network. */
export function isInside(address: string, network: string, length: number): boolean {
  const [bytes, prefix] = [addressBytes(address), addressBytes(network)];
  if (bytes === null || prefix === null || bytes.length !== prefix.length) return false;
  return bytes.every((byte, index) => {
    const bits = Math.max(0, Math.min(8, length - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((prefix[index] ?? 0) & mask);
  });
}
