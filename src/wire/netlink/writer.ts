/** Makes netlink messages, one behind the other in one buffer, so that many requests go to the kernel in one call. */
import { align4, HOST_LITTLE_ENDIAN, NLA_F_NESTED, NLA_HEADER_BYTES, NLMSG_HEADER_BYTES } from './reader.js';

/** `nla_len` is 16 bits wide. */
const MAX_ATTRIBUTE_BYTES = 0xffff;
const INITIAL_BYTES = 4096;

const text = new TextEncoder();

/**
 * Usage: `begin`, the family's own header by `raw`, attributes, `end`; again for the next message; then `take`. The same
 * writer may be used for ever. Throws RangeError for what netlink cannot carry.
 */
export class NetlinkWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #message = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#at;
  }

  begin(header: {
    readonly type: number;
    readonly flags: number;
    readonly sequence: number;
    readonly portId?: number;
  }): void {
    this.#message = this.#at;
    const at = this.#reserve(NLMSG_HEADER_BYTES);
    this.#view.setUint16(at + 4, header.type, HOST_LITTLE_ENDIAN);
    this.#view.setUint16(at + 6, header.flags, HOST_LITTLE_ENDIAN);
    this.#view.setUint32(at + 8, header.sequence, HOST_LITTLE_ENDIAN);
    this.#view.setUint32(at + 12, header.portId ?? 0, HOST_LITTLE_ENDIAN);
  }

  /** Fills in the message's length. */
  end(): void {
    this.#view.setUint32(this.#message, this.#at - this.#message, HOST_LITTLE_ENDIAN);
  }

  /** All that was written, in an allocation of its own; the writer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return taken;
  }

  /** A family's fixed header, padded to 4 bytes. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, at);
  }

  bytes(type: number, value: Uint8Array): void {
    const at = this.#attribute(type, value.byteLength);
    this.#bytes.set(value, at);
  }

  u8(type: number, value: number): void {
    const at = this.#attribute(type, 1);
    this.#view.setUint8(at, value);
  }

  u16(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#view.setUint16(at, value, HOST_LITTLE_ENDIAN);
  }

  /** In network byte order, such as ports. */
  be16(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#view.setUint16(at, value, false);
  }

  u32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#view.setUint32(at, value, HOST_LITTLE_ENDIAN);
  }

  /** In network byte order, such as IPv4 netmasks. */
  be32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#view.setUint32(at, value, false);
  }

  u64(type: number, value: bigint): void {
    const at = this.#attribute(type, 8);
    this.#view.setBigUint64(at, value, HOST_LITTLE_ENDIAN);
  }

  /** With its closing NUL. */
  text(type: number, value: string): void {
    const encoded = text.encode(value);
    const at = this.#attribute(type, encoded.byteLength + 1);
    this.#bytes.set(encoded, at);
  }

  /** The attributes that `body` writes become the value of this one. */
  nest(type: number, body: () => void): void {
    const value = this.#attribute(type | NLA_F_NESTED, 0);
    body();
    const length = this.#at - value + NLA_HEADER_BYTES;
    if (length > MAX_ATTRIBUTE_BYTES) throw new RangeError(`netlink attribute ${type} has ${length} bytes`);
    this.#view.setUint16(value - NLA_HEADER_BYTES, length, HOST_LITTLE_ENDIAN);
  }

  /** Writes an attribute's header and answers with where its value goes. It may move the buffer: call it first. */
  #attribute(type: number, valueBytes: number): number {
    const length = NLA_HEADER_BYTES + valueBytes;
    if (length > MAX_ATTRIBUTE_BYTES) throw new RangeError(`netlink attribute ${type} has ${length} bytes`);
    const at = this.#reserve(length);
    this.#view.setUint16(at, length, HOST_LITTLE_ENDIAN);
    this.#view.setUint16(at + 2, type, HOST_LITTLE_ENDIAN);
    return at + NLA_HEADER_BYTES;
  }

  /** Room for `length` bytes, padded, all zero. */
  #reserve(length: number): number {
    const at = this.#at;
    const end = at + align4(length);
    if (end > this.#bytes.byteLength) this.#grow(end);
    this.#bytes.fill(0, at, end);
    this.#at = end;
    return at;
  }

  #grow(atLeast: number): void {
    const grown = new Uint8Array(Math.max(atLeast, this.#bytes.byteLength * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
