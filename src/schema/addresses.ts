/** Addresses, names and URLs of the document. */
import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { parseRange, rangeSize, rangeText } from '../model/address-range.js';
import type { Listen } from '../model/config.js';
import { addressBytes, addressText, canonicalAddress, familyOf, hostPort } from '../model/ip-address.js';
import { port as asPort, type Port } from '../model/units.js';
import { refuse } from './leaves.js';
import { MAX_URL_LENGTH } from './limits.js';
import { spelled } from './mapping.js';
import { say, saySecretly, show } from './messages.js';

const isPlainIp = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

const IP_EXAMPLE = 'an IPv4 or IPv6 address, such as 10.0.0.1 or 2001:db8::1, is allowed';

export const ipAddress = (what = 'an IP address') => {
  const error = say(what, IP_EXAMPLE);
  return z.string({ error }).refine(isPlainIp, { error }).transform(canonicalAddress);
};

const RANGE_EXAMPLE = 'an IP address or a range such as 10.0.0.101-110 or 2001:db8::10-1f is allowed';

export const addressRange = () => {
  const error = say('an address or a range', RANGE_EXAMPLE);
  return z.string({ error }).transform((input, context): string => {
    const range = parseRange(input);
    if (range === null) return refuse(context, input, error({ input }));
    if (rangeSize(range) === 0n) return refuse(context, input, `the range ${show(input)} ends before it begins`);
    return rangeText(range);
  });
};

/** Labels of letters, digits, hyphens and underscores; not all digits at the end, for that is a mistyped IPv4 address. */
const HOST =
  /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*(?![0-9]+\.?$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/;

/** An IP address in one spelling, or a DNS name in lower case; null for anything else. */
const canonicalHost = (text: string): string | null => {
  if (isPlainIp(text)) return canonicalAddress(text);
  return HOST.test(text) ? text.toLowerCase() : null;
};

export const host = (what = 'an address') => {
  const error = say(what, 'an IP address or a DNS name is allowed');
  return z
    .string({ error })
    .transform((input, context) => canonicalHost(input) ?? refuse(context, input, error({ input })));
};

export const domainName = () => {
  const error = say('a domain name', 'dot-separated labels of up to 63 characters are allowed');
  return z.string({ error }).regex(DOMAIN, { error });
};
const DOMAIN =
  /^(?=.{1,254}$)(?:\.|(?:[A-Za-z0-9_*](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?)$/;

/** Splits `host:port` and `[v6]:port`; null where it is neither. */
const splitHostPort = (text: string): { readonly host: string; readonly port: number } | null => {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text);
  if (match === null) return null;
  const [, bracketed, plain, digits] = match;
  const address = canonicalHost(bracketed ?? plain ?? '');
  const number = Number(digits);
  if (address === null || number > 65_535) return null;
  return (familyOf(address) === 'ipv6') === (bracketed !== undefined) ? { host: address, port: number } : null;
};

const LISTEN_EXAMPLE = 'HOST:PORT, such as 127.0.0.1:9080 or [::1]:9080, is allowed';

/** Where a listener goes; port 0 lets the kernel choose. */
export const listen = () => {
  const error = say('an address to listen on', LISTEN_EXAMPLE);
  return spelled(
    z
      .string({ error })
      .transform((input, context): Listen => splitHostPort(input) ?? refuse(context, input, error({ input }))),
    { place: 'listener', write: listenText },
  );
};
export const listenText = ({ host, port }: Listen): string => hostPort(host, port);

/** A server that traffic can be sent to: an IP address and a port other than 0. */
export const endpoint = (what: string) => {
  const error = say(what, 'IP:PORT, such as 10.0.0.9:8080 or [2001:db8::9]:8080, is allowed');
  const read = z.string({ error }).transform((input, context): { readonly address: string; readonly port: Port } => {
    const split = splitHostPort(input);
    if (split === null || split.port === 0 || familyOf(split.host) === null)
      return refuse(context, input, error({ input }));
    return { address: split.host, port: asPort(split.port) };
  });
  return spelled(read, { write: ({ address, port }) => hostPort(address, port) });
};

export type Prefixed = { readonly address: string; readonly prefixLength: number };

/** `10.0.0.100/24`; without a prefix length it is a host address, as Seesaw's virtual IPs are. */
export const prefixedAddress = () => {
  const error = say('an IP address', 'ADDRESS or ADDRESS/LENGTH, such as 10.0.0.100/24, is allowed');
  const read = z.string({ error }).transform((input, context): Prefixed => {
    const [address = '', length] = splitOnce(input, '/');
    const bits = isIPv4(address) ? 32 : 128;
    if (!isPlainIp(address)) return refuse(context, input, error({ input }));
    if (length !== undefined && (!/^[0-9]{1,3}$/.test(length) || Number(length) > bits)) {
      return refuse(context, input, `${show(input)} has a wrong prefix length: 0 to ${bits} are allowed`);
    }
    return { address: canonicalAddress(address), prefixLength: length === undefined ? bits : Number(length) };
  });
  return spelled(read, { write: prefixedText });
};
export const prefixedText = ({ address, prefixLength }: Prefixed): string => `${address}/${prefixLength}`;

/** `10.9.0.0/16`; without a prefix length it is one host. */
export const network = (what: string) => {
  const error = say(what, 'ADDRESS/LENGTH, such as 10.9.0.0/16, is allowed, and 0.0.0.0/0 or ::/0 for all');
  const read = z.string({ error }).transform((input, context): Prefixed => {
    const result = prefixedAddress().safeParse(input);
    if (!result.success) return refuse(context, input, error({ input }));
    const { address, prefixLength } = result.data;
    const first = firstOf(addressBytes(address) ?? new Uint8Array(), prefixLength);
    if (first === address) return result.data;
    return refuse(context, input, `${show(input)} has bits behind its prefix: ${first}/${prefixLength} is the network`);
  });
  return spelled(read, { write: prefixedText });
};

/** The first address of the network in which one is. */
const firstOf = (bytes: Uint8Array, prefixLength: number): string | null =>
  addressText(bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefixLength - index * 8)))));

/** Which peers are let in: a word, an address or a network. */
export const allowRule = () => {
  const error = say(
    'an address rule',
    'any, loopback, private, an IP address or a network such as 10.0.0.0/8 is allowed',
  );
  return z.string({ error }).transform((input, context): string => {
    if (['any', 'loopback', 'private'].includes(input)) return input;
    const [address = '', length] = splitOnce(input, '/');
    const bits = isIPv4(address) ? 32 : 128;
    const isNetwork = length === undefined || (/^[0-9]{1,3}$/.test(length) && Number(length) <= bits);
    if (!isPlainIp(address) || !isNetwork) return refuse(context, input, error({ input }));
    return `${canonicalAddress(address)}/${length ?? bits}`;
  });
};

const splitOnce = (text: string, mark: string): readonly [string, string | undefined] => {
  const at = text.indexOf(mark);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};

/** A URL of one of the schemes. It may hold credentials: no message shows it. */
export const url = (schemes: readonly string[]) => {
  const error = saySecretly('a URL', `${schemes.map((scheme) => `${scheme}://HOST[:PORT]`).join(' or ')} is allowed`);
  return z
    .string({ error })
    .max(MAX_URL_LENGTH, { error: () => `the URL is too long: at most ${MAX_URL_LENGTH} characters are allowed` })
    .refine((input) => isUrlOf(input, schemes), { error });
};

const isUrlOf = (input: string, schemes: readonly string[]): boolean => {
  if (!URL.canParse(input) || /\s/u.test(input)) return false;
  const parsed = new URL(input);
  return schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== '';
};
