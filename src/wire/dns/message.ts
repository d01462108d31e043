/** DNS queries and answers (RFC 1035, RFC 3596, RFC 2782, EDNS of RFC 6891), as far as a health check reads them. */

import { addressText } from '../../model/ip-address.js';
import { encodeName, readName } from './name.js';

/** Numbers of the record types that are read. */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;
export type RecordType = keyof typeof recordTypes;

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
export const rcodeName = (code: number): string => rcodes[code] ?? `RCODE${code}`;

const HEADER_BYTES = 12;
const CLASS_IN = 1;
const TYPE_OPT = 41;
const FLAG_RESPONSE = 0x8000;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;

export type DnsQuery = {
  readonly id: number;
  readonly name: string;
  readonly type: RecordType;
  /** The largest answer over UDP that we take; null = without EDNS, so 512 bytes. */
  readonly payloadBytes: number | null;
};

/** The query's bytes; null where the name can't exist. */
export function encodeQuery(query: DnsQuery): Buffer | null {
  const name = encodeName(query.name);
  if (name === null) return null;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(FLAG_RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(query.payloadBytes === null ? 0 : 1, 10);
  const question = Buffer.alloc(4);
  question.writeUInt16BE(recordTypes[query.type], 0);
  question.writeUInt16BE(CLASS_IN, 2);
  if (query.payloadBytes === null) return Buffer.concat([header, name, question]);
  // RFC 6891 section 6.1.2: root name, OPT, payload size in the place of the class, TTL and length 0.
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(TYPE_OPT, 1);
  opt.writeUInt16BE(query.payloadBytes, 3);
  return Buffer.concat([header, name, question, opt]);
}

export type DnsRecord = {
  readonly name: string;
  readonly type: RecordType;
  /** As in a zone file: `10 mail.example` (MX), `0 5 443 host.example` (SRV), the SOA's seven fields. TXT: its strings as one. */
  readonly data: string;
  /** The name or address in it, where that is not all of `data`: exchange, target, primary server. */
  readonly host: string;
};

export type DnsMessage = {
  readonly id: number;
  readonly response: boolean;
  readonly truncated: boolean;
  /** With the upper bits that EDNS adds. */
  readonly rcode: number;
  readonly edns: boolean;
  readonly question: { readonly name: string; readonly type: number; readonly class: number } | null;
  /** Those of a known type, in order. Empty in a truncated message: it is asked for again over TCP. */
  readonly answers: readonly DnsRecord[];
};

export type DnsRead =
  | { readonly kind: 'message'; readonly message: DnsMessage }
  | { readonly kind: 'malformed'; readonly reason: string };

class Malformed extends Error {}

/** Reads a message; any bytes give a value. */
export function decodeMessage(bytes: Uint8Array): DnsRead {
  try {
    return { kind: 'message', message: new Reader(bytes).message() };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', reason: error.message };
    throw error;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(): DnsMessage {
    if (this.#bytes.length < HEADER_BYTES) throw new Malformed(`${this.#bytes.length} bytes are no DNS message`);
    const [id, flags, questions, answerCount, authorities, additionals] = [0, 1, 2, 3, 4, 5].map(() => this.#u16());
    let question: DnsMessage['question'] = null;
    for (let left = questions ?? 0; left > 0; left -= 1) {
      const read = { name: this.#name(), type: this.#u16(), class: this.#u16() };
      question ??= read;
    }
    const truncated = ((flags ?? 0) & FLAG_TRUNCATED) !== 0;
    const head = { id: id ?? 0, response: ((flags ?? 0) & FLAG_RESPONSE) !== 0, truncated, question };
    const low = (flags ?? 0) & 0x0f;
    // The rest of a truncated message may be cut anywhere.
    if (truncated) return { ...head, rcode: low, edns: false, answers: [] };
    const answers: DnsRecord[] = [];
    for (let left = answerCount ?? 0; left > 0; left -= 1) {
      const record = this.#record();
      if (record.kind === 'known') answers.push(record.record);
    }
    let extended: number | null = null;
    for (let left = (authorities ?? 0) + (additionals ?? 0); left > 0; left -= 1) {
      const record = this.#record();
      if (record.kind === 'opt') extended = record.extendedRcode;
    }
    return { ...head, rcode: ((extended ?? 0) << 4) | low, edns: extended !== null, answers };
  }

  #record():
    | { readonly kind: 'known'; readonly record: DnsRecord }
    | { readonly kind: 'opt'; readonly extendedRcode: number }
    | { readonly kind: 'other' } {
    const name = this.#name();
    const type = this.#u16();
    const recordClass = this.#u16();
    const ttl = this.#u32();
    const end = this.#u16() + this.#offset;
    if (end > this.#bytes.length) throw new Malformed('a record is longer than the message');
    const start = this.#offset;
    const known = recordClass === CLASS_IN ? typeNames.get(type) : undefined;
    const data = known === undefined ? null : this.#data(known, start, end);
    // Only what the record's own length covers belongs to it.
    if (data !== null && this.#offset !== end)
      throw new Malformed(`the data of the ${known} record has a wrong length`);
    this.#offset = end;
    if (known !== undefined && data !== null) return { kind: 'known', record: { name, type: known, ...data } };
    return type === TYPE_OPT ? { kind: 'opt', extendedRcode: ttl >>> 24 } : { kind: 'other' };
  }

  #data(type: RecordType, start: number, end: number): { readonly data: string; readonly host: string } {
    switch (type) {
      case 'A':
      case 'AAAA': {
        const bytes = this.#bytes.subarray(start, end);
        const text = bytes.length === (type === 'A' ? 4 : 16) ? addressText(bytes) : null;
        if (text === null) throw new Malformed(`the data of the ${type} record has a wrong length`);
        this.#offset = end;
        return { data: text, host: text };
      }
      case 'CNAME':
      case 'NS':
      case 'PTR': {
        const host = this.#name();
        return { data: host, host };
      }
      case 'MX': {
        const preference = this.#u16();
        const host = this.#name();
        return { data: `${preference} ${host}`, host };
      }
      case 'SRV': {
        const numbers = `${this.#u16()} ${this.#u16()} ${this.#u16()}`;
        const host = this.#name();
        return { data: `${numbers} ${host}`, host };
      }
      case 'SOA': {
        const host = this.#name();
        const mailbox = this.#name();
        const numbers = [this.#u32(), this.#u32(), this.#u32(), this.#u32(), this.#u32()];
        return { data: `${host} ${mailbox} ${numbers.join(' ')}`, host };
      }
      case 'TXT':
        return this.#text(end);
      default:
        return type satisfies never;
    }
  }

  #text(end: number): { readonly data: string; readonly host: string } {
    let text = '';
    while (this.#offset < end) {
      const length = this.#bytes[this.#offset] ?? 0;
      const from = this.#offset + 1;
      if (from + length > end) throw new Malformed('the data of the TXT record has a wrong length');
      text += Buffer.from(this.#bytes.subarray(from, from + length)).toString();
      this.#offset = from + length;
    }
    return { data: text, host: text };
  }

  #name(): string {
    const read = readName(this.#bytes, this.#offset);
    if (read === null) throw new Malformed(`bad name at byte ${this.#offset}`);
    this.#offset = read.end;
    return read.name;
  }

  #u16(): number {
    this.#need(2);
    const value = this.#view.getUint16(this.#offset);
    this.#offset += 2;
    return value;
  }

  #u32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#offset);
    this.#offset += 4;
    return value;
  }

  #need(count: number): void {
    if (this.#offset + count > this.#bytes.length)
      throw new Malformed(`the message ends at byte ${this.#bytes.length}, in the middle`);
  }
}

const typeNames = new Map<number, RecordType>(
  Object.entries(recordTypes).map(([name, value]) => [value, name as RecordType]),
);
