import { Packr } from 'msgpackr';
import { messageOf } from '../../model/errors.js';
import { packBytes } from '../pack-bytes.js';

/** What a field of a message must be for the message to be taken; deeper checks belong to the reader. */
export type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'bytes' | 'nullable';

type Kinds<M extends { readonly kind: string }> = {
  readonly [K in M['kind']]: Readonly<Record<Exclude<keyof Extract<M, { kind: K }>, 'kind'>, FieldType>>;
};

/** A message as it arrived: an unknown or malformed one is a value too, so that it can be counted and the stream goes on. */
export type Decoded<M> =
  | { readonly kind: 'known'; readonly message: M }
  | { readonly kind: 'unknown'; readonly messageKind: string }
  | { readonly kind: 'malformed'; readonly reason: string };

/** The messages of one direction of a link: one discriminated union, its codec and its version. */
export type Protocol<M> = {
  readonly name: string;
  /** Both ends must name the same version in the handshake. */
  readonly version: number;
  /** The bytes are an allocation of their own, so the buffer can be transferred. */
  encode(message: M): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array): Decoded<M>;
};

// Stateless maps: a record structure learnt on one side would be lost when the other side is replaced.
const packr = new Packr({ useRecords: false, moreTypes: false, int64AsType: 'number' });

export function protocol<M extends { readonly kind: string }>(
  name: string,
  version: number,
  kinds: Kinds<M>,
): Protocol<M> {
  const shapes = new Map<string, [string, FieldType][]>(
    Object.entries<Readonly<Record<string, FieldType>>>(kinds).map(([kind, fields]) => [kind, Object.entries(fields)]),
  );
  return {
    name,
    version,
    encode: (message) => packBytes(packr, message),
    decode: (bytes) => decodeWith<M>(shapes, bytes),
  };
}

function decodeWith<M>(shapes: ReadonlyMap<string, [string, FieldType][]>, bytes: Uint8Array): Decoded<M> {
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch (error) {
    return { kind: 'malformed', reason: `not msgpack: ${messageOf(error)}` };
  }
  if (!isRecord(value) || typeof value['kind'] !== 'string') return { kind: 'malformed', reason: 'no kind' };
  const shape = shapes.get(value['kind']);
  if (shape === undefined) return { kind: 'unknown', messageKind: value['kind'] };
  for (const [field, type] of shape) {
    if (!fits(value[field], type)) {
      return { kind: 'malformed', reason: `${value['kind']}.${field} is not ${type}` };
    }
  }
  return { kind: 'known', message: value as M };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fits(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    case 'bytes':
      return value instanceof Uint8Array;
    case 'nullable':
      return value !== undefined;
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    default:
      return type satisfies never;
  }
}
