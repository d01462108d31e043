/** Requests from their bytes, at once or in slices. */
import { status } from '@grpc/grpc-js';
import { fieldSlices } from '../../../../wire/grpc/field-slices.js';
import { GrpcRefusal } from '../refusal.js';

type Decode = (bytes: Buffer) => unknown;

/** Some milliseconds of work. */
const SLICE_BYTES = 8192;

/** @throws GrpcRefusal */
export const decoded = (decode: Decode, bytes: Buffer): unknown => orRefuse(() => decode(bytes));

/** Others have their turn between two of them. */
export async function* decodedSlices(decode: Decode, bytes: Buffer): AsyncGenerator<unknown> {
  const slices = fieldSlices(bytes, SLICE_BYTES);
  for (let slice = orRefuse(() => slices.next()); slice.done !== true; slice = orRefuse(() => slices.next())) {
    const { value } = slice;
    yield orRefuse(() => decode(value));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw new GrpcRefusal(status.INTERNAL, 'a message that is not of the request’s type');
  }
}
