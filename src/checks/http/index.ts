import type { Kit } from '../../schema/kit.js';
import { MAX_PROBE_BYTES } from '../../schema/limits.js';
import { say, show } from '../../schema/messages.js';
import type { Report, Steps } from '../../schema/report.js';
import type { CheckerDescriptor, CheckOf, OptionsDraft, TargetUrl } from '../probing/descriptor.js';

export type HttpCheck = CheckOf<'http', typeof options>;
export type CodeRange = HttpCheck['expectedCodes'][number];

const CODE = 'codes and ranges from 100 to 599, such as 200 and "200-299", are allowed';
const codeRange = ({ refuse, spelled, z }: Kit) =>
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

/** The checker's own: a second one would contradict it (RFC 9112 section 6). */
const ownHeaders: ReadonlyMap<string, string> = new Map([
  ['host', "use the option 'host'"],
  ['content-length', "it follows from the option 'body'"],
  ['transfer-encoding', "it follows from the option 'body'"],
  ['connection', "use the option 'keep_alive'"],
]);

const regex = ({ text }: Kit) =>
  text('a regular expression', { max: 4096 }).superRefine((input, context) => {
    try {
      new RegExp(input);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /u, '') : '';
      context.issues.push({ code: 'custom', input, message: `not a regular expression of JavaScript: ${reason}` });
    }
  });

/** They are asked one after the other, in the time of one probe. */
const MAX_PATHS = 32;

const DIGEST = say('a digest', '32 hex digits (MD5, as genhash prints it) or 64 (SHA-256) are allowed');
const PATH = say('a path', "a path beginning with '/', without spaces and control characters, is allowed");

const options = (kit: Kit) => {
  const { bool, bytes, headers, list, map, text, tlsOptions, z } = kit;
  const path = () =>
    z
      .string({ error: PATH })
      .max(4096, { error: PATH })
      .regex(/^\/[^\s\p{Cc}]*$/u, { error: PATH });
  /** What is expected of the body of an answer. */
  const expectations = {
    receive: bytes().nullable().default(null).describe('The body must begin with it; text with C escapes'),
    receive_regex: regex(kit).nullable().default(null).describe('The body must match this regular expression'),
    digest: z
      .string({ error: DIGEST })
      .regex(/^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{64})$/, { error: DIGEST })
      .nullable()
      .default(null)
      .describe('MD5, as genhash prints it, or SHA-256 of the whole body, in hex digits'),
  };
  const onePath = map({
    path: path().describe('Path and query'),
    expected_codes: list(codeRange(kit), 'status codes')
      .nullable()
      .default(null)
      .describe('Status codes and ranges that are good; default: those of the check'),
    ...expectations,
  });
  return {
    method: z
      .string({ error: say('an HTTP method', 'a word such as GET or HEAD is allowed') })
      .regex(/^[A-Z][A-Z-]{0,31}$/, {
        error: say('an HTTP method', 'capital letters, such as GET or HEAD, are allowed'),
      })
      .default('GET')
      .describe('The request method, in capital letters'),
    path: path().default('/').describe('Path and query'),
    paths: list(onePath, 'paths')
      .prefault([])
      .describe('Paths that must all answer well, asked one after the other; they stand in place of path'),
    host: text('a host name', { max: 255 }).nullable().default(null).describe('The Host header; default: the target'),
    headers: headers(ownHeaders).prefault({}).describe('More request headers'),
    body: z
      .string({ error: say('text', 'text is allowed') })
      .max(MAX_PROBE_BYTES, { error: () => `the body is too long: at most ${MAX_PROBE_BYTES} characters are allowed` })
      .nullable()
      .default(null)
      .describe('The request body'),
    expected_codes: list(codeRange(kit), 'status codes')
      .prefault([200])
      .describe('Status codes and ranges that are good; an empty list: any'),
    ...expectations,
    ...tlsOptions,
    proxy: bool().default(false).describe('Sends the request through the target as a proxy (absolute form)'),
    http2: bool().default(false).describe('Speaks HTTP/2'),
    keep_alive: bool().default(false).describe('Keeps the connection between probes'),
  };
};

const rules = (check: OptionsDraft<typeof options>, path: Steps, report: Report): void => {
  if (check.proxy && check.http2) report.error([...path, 'proxy'], 'a proxy is spoken to in HTTP/1.1: leave http2 out');
  const count = check.paths?.length ?? 0;
  if (count > MAX_PATHS) report.error([...path, 'paths'], `${count} paths: at most ${MAX_PATHS} are allowed`);
  if (count > 0) {
    for (const option of ['receive', 'receive_regex', 'digest'] as const) {
      if (check[option]) report.error([...path, option], 'write it in each of the paths that it is meant for');
    }
  }
  const seen = new Set<string>();
  for (const name of Object.keys(check.headers ?? {})) {
    if (seen.has(name.toLowerCase())) report.error([...path, 'headers', name], `the header '${name}' is given twice`);
    seen.add(name.toLowerCase());
  }
};

/** Path and query; a login becomes a header. */
function optionsOfUrl({ url, tls }: TargetUrl): Readonly<Record<string, unknown>> {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const headers = { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const path = `${url.pathname}${url.search}`;
  return { path, ...(tls ? { tls } : {}), ...(credentials === ':' ? {} : { headers }) };
}

export const http = {
  options,
  rules,
  target: { defaultPort: 80, defaultTlsPort: 443, schemes: { http: false, https: true }, url: optionsOfUrl },
} satisfies CheckerDescriptor;
