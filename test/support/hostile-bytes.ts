/** What a broken or hostile peer sends: a good conversation, damaged in every way that parsers fall over; or nothing but noise. */
import fc from 'fast-check';

type Damage = (bytes: Buffer) => Buffer;

const at = (bytes: Buffer, place: number): number => place % (bytes.length + 1);
const place = fc.nat(10_000);
const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const changed: fc.Arbitrary<Damage> = fc.tuple(place, fc.nat(255)).map(([where, value]) => (bytes) => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[where % copy.length] = value;
  return copy;
});
const truncated: fc.Arbitrary<Damage> = place.map((where) => (bytes) => bytes.subarray(0, at(bytes, where)));
const inserted: fc.Arbitrary<Damage> = fc.tuple(place, noise).map(
  ([where, added]) =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, where)), added, bytes.subarray(at(bytes, where))]),
);
const repeated: fc.Arbitrary<Damage> = fc.tuple(place, place).map(([from, to]) => (bytes) => {
  const [first = 0, last = 0] = [at(bytes, from), at(bytes, to)].sort((a, b) => a - b);
  return Buffer.concat([bytes.subarray(0, last), bytes.subarray(first)]);
});
/** A binary length of one, two or four bytes that says too much, too little or the opposite. */
const lyingLength: fc.Arbitrary<Damage> = fc
  .tuple(place, fc.constantFrom(...['00', '01', 'ff', '0000', 'ffff', '7fff', '00000000', '7fffffff', 'ffffffff']))
  .map(([where, hex]) => (bytes) => {
    const copy = Buffer.from(bytes);
    Buffer.from(hex, 'hex').copy(copy, at(copy, where));
    return copy;
  });
/** The same for lengths that are written out in digits. */
const lyingDigits: fc.Arbitrary<Damage> = fc
  .tuple(fc.nat(20), fc.constantFrom('0', '1', '-1', '7', '99999', '4294967296', '9007199254740993', '1e9', ''))
  .map(([which, digits]) => (bytes) => {
    const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
    const found = numbers[which % Math.max(1, numbers.length)];
    if (found === undefined) return bytes;
    const end = found.index + found[0].length;
    return Buffer.concat([bytes.subarray(0, found.index), Buffer.from(digits), bytes.subarray(end)]);
  });

const damages = fc.array(fc.oneof(changed, truncated, inserted, repeated, lyingLength, lyingDigits), { maxLength: 4 });

/** One of the conversations with up to four kinds of damage, or noise alone. */
export const hostileBytes = (good: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...good), damages).map(([bytes, all]) => apply(bytes, all)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  );

const apply = (bytes: Buffer, all: readonly Damage[]): Buffer => all.reduce((now, damage) => damage(now), bytes);

/** Cuts bytes at these places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((each) => each % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}
