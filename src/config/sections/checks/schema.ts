import { z } from 'zod';
import { domainName, url } from '../../../schema/addresses.js';
import { checkCommon, tlsOptions } from '../../../schema/check-options.js';
import { bool, bytes, integer, name, port, refuse, secret, text, word } from '../../../schema/leaves.js';
import { MAX_PROBE_BYTES } from '../../../schema/limits.js';
import { spelled } from '../../../schema/mapping.js';
import { list, map } from '../../../schema/maps.js';
import { say, saySecretly, show } from '../../../schema/messages.js';

const type = <const Type extends string>(value: Type) => z.literal(value).describe('The kind of probe');

const sendReceive = {
  send: bytes().nullable().default(null).describe('Sent after connecting; text with C escapes'),
  receive: bytes().nullable().default(null).describe('The answer must begin with it; text with C escapes'),
};

const tcp = map({ type: type('tcp'), ...checkCommon, ...sendReceive, ...tlsOptions });

const udp = map({
  type: type('udp'),
  ...checkCommon,
  send: bytes().prefault('').describe('The datagram; text with C escapes, and empty is allowed'),
  receive: bytes().prefault('').describe('The reply must begin with it; empty: any reply is good'),
});

const CODE = 'codes and ranges from 100 to 599, such as 200 and "200-299", are allowed';
const codeRange = () =>
  spelled(
    z
      .union([z.number(), z.string()], { error: say('an HTTP status code', CODE) })
      .transform((input, context): { readonly from: number; readonly to: number } => {
        const match = /^\s*([0-9]{3})\s*(?:-\s*([0-9]{3})\s*)?$/.exec(String(input));
        const from = Number(match?.[1]);
        const to = Number(match?.[2] ?? match?.[1]);
        if (from >= 100 && to <= 599 && from <= to) return { from, to };
        return refuse(context, input, `${show(input)} is not an HTTP status code: ${CODE}`);
      }),
    { write: ({ from, to }) => (from === to ? from : `${from}-${to}`) },
  );

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
/** The checker's own: a second one would contradict it (RFC 9112 section 6). */
const ownHeaders: ReadonlyMap<string, string> = new Map([
  ['host', "use the option 'host'"],
  ['content-length', "it follows from the option 'body'"],
  ['transfer-encoding', "it follows from the option 'body'"],
  ['connection', "use the option 'keep_alive'"],
]);

const headerName = () => {
  const error = say('a header name', "letters, digits and !#$%&'*+-.^_`|~ are allowed");
  return z
    .string({ error })
    .regex(TOKEN, { error })
    .refine((input) => !ownHeaders.has(input.toLowerCase()), {
      error: ({ input }) => `the header ${show(input)} cannot be set: ${ownHeaders.get(String(input).toLowerCase())}`,
    });
};
const headerValue = () =>
  // A header may carry a credential, so no message shows its value.
  z
    .string({ error: saySecretly('a header value', 'text is allowed') })
    .max(8192, { error: () => 'a header value has at most 8192 characters' })
    .regex(/^[^\p{Cc}]*$/u, { error: () => 'a header value has no line breaks and control characters' });

const regex = () =>
  text('a regular expression', { max: 4096 }).superRefine((input, context) => {
    try {
      new RegExp(input);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /u, '') : '';
      context.issues.push({ code: 'custom', input, message: `not a regular expression of JavaScript: ${reason}` });
    }
  });

const PATH = say('a path', "a path beginning with '/', without spaces and control characters, is allowed");

const http = map({
  type: type('http'),
  ...checkCommon,
  method: z
    .string({ error: say('an HTTP method', 'a word such as GET or HEAD is allowed') })
    .regex(/^[A-Z][A-Z-]{0,31}$/, { error: say('an HTTP method', 'capital letters, such as GET or HEAD, are allowed') })
    .default('GET')
    .describe('In capital letters'),
  path: z
    .string({ error: PATH })
    .max(4096, { error: PATH })
    .regex(/^\/[^\s\p{Cc}]*$/u, { error: PATH })
    .default('/')
    .describe('Path and query'),
  host: text('a host name', { max: 255 }).nullable().default(null).describe('The Host header; default: the target'),
  headers: z
    .record(headerName(), headerValue(), { error: say('a map of headers', 'names with values are expected') })
    .prefault({})
    .describe('More request headers'),
  body: z
    .string({ error: say('text', 'text is allowed') })
    .max(MAX_PROBE_BYTES, { error: () => `the body is too long: at most ${MAX_PROBE_BYTES} characters are allowed` })
    .nullable()
    .default(null)
    .describe('The request body'),
  expected_codes: list(codeRange(), 'status codes')
    .prefault([200])
    .describe('Status codes and ranges that are good; an empty list: any'),
  receive: bytes().nullable().default(null).describe('The body must begin with it; text with C escapes'),
  receive_regex: regex().nullable().default(null).describe('The body must match this regular expression'),
  ...tlsOptions,
  proxy: bool().default(false).describe('Sends the request through the target as a proxy (absolute form)'),
  http2: bool().default(false).describe('Speaks HTTP/2'),
  keep_alive: bool().default(false).describe('Keeps the connection between probes'),
});

/** The longest payload of an IPv4 ping: 65535 less the two headers. */
const MAX_ICMP_PAYLOAD = 65_507;

const icmp = map({
  type: type('icmp'),
  ...checkCommon,
  payload_size: integer('a payload size', 0, MAX_ICMP_PAYLOAD).default(56).describe('Bytes of payload'),
});

const dns = map({
  type: type('dns'),
  ...checkCommon,
  query: domainName().describe('The name to ask for'),
  record: word(['A', 'AAAA', 'CNAME', 'NS', 'SOA', 'TXT', 'SRV', 'MX', 'PTR']).default('A').describe('The record type'),
  expected: list(text('an answer'), 'answers')
    .prefault([])
    .describe('Each of these must be among the answers; an empty list: any answer is good'),
  rcode: word(['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'])
    .default('NOERROR')
    .describe('Response code'),
  server_port: port().nullable().default(null).describe("Port of the name server; default: the backend's"),
  tcp: bool().default(false).describe('Asks over TCP from the start'),
});

const radius = map({
  type: type('radius'),
  ...checkCommon,
  // A User-Name is one attribute (RFC 2865 section 5.1); a password at most 128 bytes (section 5.2).
  username: text('a user name', { max: 253 }).describe('User-Name'),
  password: secret('a password', 128).describe('User-Password'),
  secret: secret('a shared secret', 253).describe('The secret shared with the server'),
  expect: word(['accept', 'challenge', 'reject', 'any']).default('accept').describe('The answer that is good'),
});

const grpc = map({
  type: type('grpc'),
  ...checkCommon,
  service: z
    .string({ error: say('a service name', 'text is allowed') })
    .max(1024)
    .default('')
    .describe('Service to ask for; empty: the whole server'),
  authority: text('an authority', { max: 255 })
    .nullable()
    .default(null)
    .describe('The :authority; default: the target'),
  ...tlsOptions,
  watch: bool().default(false).describe('Uses the Watch stream: what it tells is there at once, not at the next probe'),
});

const byUrl = {
  keep_alive: bool().default(false).describe('Keeps the connection between probes'),
};
const urlOption = (schemes: readonly string[]) =>
  url(schemes).nullable().default(null).describe("Where to connect, with credentials; default: the backend's address");

export const urlSchemes = {
  postgres: ['postgres', 'postgresql'],
  redis: ['redis', 'rediss'],
  qdrant: ['http', 'https'],
} as const;

const postgres = map({ type: type('postgres'), ...checkCommon, url: urlOption(urlSchemes.postgres), ...byUrl });
const redis = map({ type: type('redis'), ...checkCommon, url: urlOption(urlSchemes.redis), ...byUrl });
const qdrant = map({ type: type('qdrant'), ...checkCommon, url: urlOption(urlSchemes.qdrant), ...byUrl });

const custom = map({
  type: type('custom'),
  ...checkCommon,
  name: name('the name of a check').describe('The check that the embedding app registered under this name'),
});

const anyCheck = z.discriminatedUnion(
  'type',
  [tcp, udp, http, icmp, dns, radius, grpc, postgres, redis, qdrant, custom],
  {
    error: ({ input }) => {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) {
        return `${show(input)} is not a check: a map with the key type is expected`;
      }
      const found: unknown = Reflect.get(input, 'type');
      const prefix = found === undefined ? 'missing: a check needs a type' : `${show(found)} is not a type of check`;
      return `${prefix}: one of tcp, udp, http, icmp, dns, radius, grpc, postgres, redis, qdrant, custom`;
    },
  },
);
/** Its id makes it one definition in the JSON Schema. */
export const check = anyCheck.meta({ id: 'check', description: 'One kind of probe with its options' });
export type CheckDocument = z.output<typeof check>;

/** An entry of a `checks` list: the name of one under `checks:`, or a check written in place. */
export const checkEntry = z.union([name('a name of a check'), check], {
  error: say('a check', 'the name of one under checks:, or a map such as { type: tcp } is allowed'),
});

/** The types of check that have an option. */
export const checkTypesWith = (option: string): readonly string[] =>
  check.options.flatMap(({ shape }) => (Object.hasOwn(shape, option) ? [...shape.type.values] : []));
