import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { shorten } from '../../wire/text/shorten.js';
import type { Probe } from '../probing/probe.js';
import { healthy, located, ourError, type ProbeResult, quoteBytes, unhealthy } from '../probing/probe-result.js';
import type { RegexTester } from '../probing/regex-tester.js';
import { type BodyDecoder, createBodyDecoder } from './body.js';
import { formatCodes, type HttpRules } from './rules.js';

/** Most of a body that is read, compressed or not: enough for any status page. What comes after it is not needed. */
export const MAX_BODY_BYTES = 256 * 1024;

/** What becomes of an answer that is decided. */
export type Settle = (ending: ProbeResult) => void;

/**
 * Judges one answer as it comes in, of HTTP/1.1 or HTTP/2, and says so to `settle` as soon as it is decided. Where
 * nothing is expected of the body, an answer is good when its code is and it has come whole.
 */
export class HttpVerdict {
  readonly #rules: HttpRules;
  readonly #regexTester: RegexTester;
  readonly #probe: Probe;
  readonly #settle: Settle;
  #settled = false;
  #good: ProbeResult = healthy('');
  #decoder: BodyDecoder | null = null;
  /** As received. */
  #rawBytes = 0;
  /** After decompression. */
  #length = 0;
  #kept: Buffer[] = [];

  constructor(rules: HttpRules, regexTester: RegexTester, probe: Probe, settle: Settle) {
    this.#rules = rules;
    this.#regexTester = regexTester;
    this.#probe = probe;
    this.#settle = settle;
  }

  /** `suffix` goes to the end of every good message: what is known of TLS. */
  head(version: string, status: number, reason: string, contentEncoding: string | undefined, suffix: string): void {
    const { expectedCodes, receive, regex, digest } = this.#rules;
    const words = reason === '' ? STATUS_CODES[status] : cleanReason(reason);
    const line = `${version} ${status}${words === undefined ? '' : ` ${words}`}`;
    if (expectedCodes.length > 0 && !expectedCodes.some(({ from, to }) => from <= status && status <= to)) {
      this.#end(unhealthy('status', `${line}, expected ${formatCodes(expectedCodes)}`));
      return;
    }
    this.#good = healthy(`${line}${suffix}`);
    this.#probe.describe = () => `${line} came, then ${this.#rawBytes} bytes of the body`;
    const readsBody = (receive !== null && receive.length > 0) || regex !== null || digest !== null;
    if (!readsBody) return;
    const decoder = createBodyDecoder(contentEncoding, {
      onData: (bytes) => this.#content(bytes),
      onEnd: () => this.#contentEnd(),
      onError: (message) => this.#end(unhealthy('protocol', message)),
    });
    if (decoder.kind === 'unknown') this.#end(unhealthy('protocol', decoder.reason));
    else this.#decoder = decoder;
  }

  body(bytes: Buffer): void {
    if (this.#settled) return;
    this.#rawBytes += bytes.length;
    if (this.#decoder !== null) this.#decoder.write(bytes);
    if (this.#rawBytes < MAX_BODY_BYTES) return;
    if (this.#decoder === null) this.#end(this.#good);
    else this.#decoder.end();
  }

  /** The body has come whole. */
  complete(): void {
    if (this.#settled) return;
    if (this.#decoder === null) this.#end(this.#good);
    else this.#decoder.end();
  }

  /** The answer stays undecided: frees what it holds. */
  release(): void {
    this.#settled = true;
    this.#decoder?.destroy();
    this.#kept = [];
  }

  #content(bytes: Buffer): void {
    const { receive, regex, digest } = this.#rules;
    if (this.#settled) return;
    const before = this.#length;
    this.#length += bytes.length;
    if (receive !== null && before < receive.length) {
      const wanted = receive.subarray(before, before + bytes.length);
      if (!bytes.subarray(0, wanted.length).equals(wanted)) {
        const got = quoteBytes(Buffer.concat([...this.#kept, bytes]));
        this.#mismatch(`the body begins with ${got}, expected ${quoteBytes(receive)}`);
        return;
      }
      if (regex === null && digest === null && this.#length >= receive.length) {
        this.#end(this.#good);
        return;
      }
    }
    this.#kept.push(Buffer.from(bytes));
    if (this.#length >= MAX_BODY_BYTES) this.#contentEnd();
  }

  #contentEnd(): void {
    if (this.#settled) return;
    const { receive, regex, digest } = this.#rules;
    const body = Buffer.concat(this.#kept).subarray(0, MAX_BODY_BYTES);
    if (receive !== null && this.#length < receive.length) {
      this.#mismatch(`the body ends after ${this.#length} bytes: ${quoteBytes(body)}, expected ${quoteBytes(receive)}`);
      return;
    }
    if (digest !== null) {
      if (this.#length >= MAX_BODY_BYTES || this.#rawBytes >= MAX_BODY_BYTES) {
        this.#mismatch(`the body has ${MAX_BODY_BYTES} bytes or more: too many for a digest`);
        return;
      }
      const found = createHash(digest.length === 32 ? 'md5' : 'sha256')
        .update(body)
        .digest('hex');
      if (found !== digest) {
        this.#mismatch(`the digest of the body (${this.#length} bytes) is ${found}, expected ${digest}`);
        return;
      }
    }
    if (regex === null) {
      this.#end(this.#good);
      return;
    }
    const where = this.#length >= MAX_BODY_BYTES ? `the first ${MAX_BODY_BYTES} bytes of the body` : 'the body';
    const text = body.toString();
    const whole = this.#regexTester.test(regex, text);
    // As in PCRE, `$` also means the place before a last line feed.
    const retry = whole === 'no-match' && text.endsWith('\n');
    const result = retry ? this.#regexTester.test(regex, text.slice(0, -1)) : whole;
    switch (result) {
      case 'match':
        this.#end(this.#good);
        return;
      case 'no-match':
        this.#mismatch(`${where} does not match /${regex.source}/: ${quoteBytes(body)}`);
        return;
      case 'too-slow':
        this.#mismatch(`/${regex.source}/ takes too long on ${where}: write it without nested repetition`);
        return;
      case 'not-judged':
        this.#end(ourError('time', `this host is too busy to match /${regex.source}/`));
        return;
      default:
        result satisfies never;
    }
  }

  #mismatch(message: string): void {
    this.#end(unhealthy('mismatch', message));
  }

  #end(ending: ProbeResult): void {
    if (this.#settled) return;
    this.release();
    this.#settle(located(ending, this.#probe.where));
  }
}

/** A peer's words in a message: printable, and not long. */
const cleanReason = (reason: string): string => shorten(reason.replace(/[^\x20-\x7e]/g, '?'), 60);
