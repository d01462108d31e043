/** Names to addresses as this host sees them: its hosts file, then DNS, then whatever else getaddrinfo(3) knows. */
import { promises as dns, getServers } from 'node:dns';
import { isIP } from 'node:net';
import { FileTurns } from '../../os/files/file-turns.js';
import { ResolveError } from './probe-result.js';

/** Answers of the hosts file and of getaddrinfo have no TTL. */
const LOCAL_TTL_MS = 10_000;
/** One try of a DNS query; a probe's own time limit is usually shorter, but others may wait for the same name. */
const TRY_MS = 2_000;
const TRIES = 2;
/** DNS says that the name, or its address record, does not exist. */
const absent = new Set(['ENOTFOUND', 'ENODATA']);

const HOSTS_FILE = '/etc/hosts';
/** Lists of names to block, which some keep there, have 5 MiB. */
const MAX_HOSTS_BYTES = 16 * 1024 * 1024;

const files = new FileTurns();

/** One that cannot be read has no names. */
async function hostsFile(): Promise<string> {
  const reading = await files.read(HOSTS_FILE, MAX_HOSTS_BYTES);
  return reading.kind === 'read' ? Buffer.from(reading.bytes).toString('latin1') : '';
}

export async function querySystem(host: string): Promise<Answer> {
  const fixed = hostsFileAddress(await hostsFile(), host);
  if (fixed !== null) return { addresses: [fixed], ttlMs: LOCAL_TTL_MS };
  try {
    return await queryDns(host);
  } catch (dnsError) {
    // Names of no dots may come from a search domain, others from mDNS and the like.
    try {
      const found = await dns.lookup(host, { all: true });
      return { addresses: found.map(({ address }) => address), ttlMs: LOCAL_TTL_MS };
    } catch {
      throw dnsError;
    }
  }
}

async function queryDns(host: string): Promise<Answer> {
  const resolver = new dns.Resolver({ timeout: TRY_MS, tries: TRIES });
  const [ipv4, ipv6] = await Promise.allSettled([
    resolver.resolve4(host, { ttl: true }),
    resolver.resolve6(host, { ttl: true }),
  ]);
  const records = [ipv4, ipv6].flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (records.length > 0) {
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: 1000 * Math.min(...records.map(({ ttl }) => ttl)),
    };
  }
  const codes = [ipv4, ipv6].map((result) => (result.status === 'rejected' ? errorCode(result.reason) : 'ENODATA'));
  const code = codes.find((each) => !absent.has(each));
  if (code === undefined) throw new ResolveError('no-such-name', `${host}: the name does not exist or has no address`);
  throw new ResolveError('no-answer', `${host}: no DNS server answers (${code})`);
}

const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** The address that a hosts(5) file gives a name, the first of several. */
export const hostsFileAddress = (text: string, host: string): string | null =>
  hostsFileAddresses(text, host)[0] ?? null;

function hostsFileAddresses(text: string, host: string): readonly string[] {
  const wanted = host.toLowerCase();
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted) ? [address] : [];
  });
}

/** In place of a name server's address in a DNS check: what this host's own resolver says. */
export const SYSTEM_RESOLVER = 'system-resolver';

/** The addresses of one family that the hosts file has for the name, which a resolver gives without asking anybody. */
export async function hostsFileRecords(name: string, family: 4 | 6): Promise<readonly string[]> {
  return hostsFileAddresses(await hostsFile(), name.replace(/\.$/, '')).filter((address) => isIP(address) === family);
}

/** The name server that this host asks first; Node writes it as `ip`, `ip:port` or `[ip]:port`. */
export function systemServer(): { readonly host: string; readonly port: number } {
  const [first = '127.0.0.1'] = getServers();
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(first);
  return { host: match?.[1] ?? match?.[2] ?? first, port: Number(match?.[3] ?? 53) };
}

export type Answer = { readonly addresses: readonly string[]; readonly ttlMs: number };
