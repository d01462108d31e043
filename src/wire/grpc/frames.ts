/** gRPC's length-prefixed messages (the PROTOCOL-HTTP2 document): one flag byte, four length bytes, the message. */

const PREFIX_BYTES = 5;

export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

export type FrameRead =
  | { readonly kind: 'messages'; readonly messages: readonly Uint8Array[] }
  /** The stream is of no more use: later pushes answer the same. */
  | { readonly kind: 'malformed'; readonly reason: string };

export interface FrameReader {
  /** Takes the next bytes as they came; answers with the messages that they complete. */
  push(chunk: Uint8Array): FrameRead;
  /** Bytes wait for the rest of their message: at the end of a stream, a truncated frame. */
  readonly partial: boolean;
}

/** Refuses compressed messages (none was offered) and those longer than `maxMessageBytes`, before they are stored. */
export function createFrameReader(maxMessageBytes: number): FrameReader {
  let held: Uint8Array = new Uint8Array();
  let broken: FrameRead | null = null;

  function fail(reason: string): FrameRead {
    held = new Uint8Array();
    broken = { kind: 'malformed', reason };
    return broken;
  }

  return {
    get partial() {
      return held.length > 0;
    },
    push(chunk) {
      if (broken !== null) return broken;
      let rest = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const messages: Uint8Array[] = [];
      while (rest.length > 0) {
        if (rest[0] !== 0) {
          return fail(rest[0] === 1 ? 'a compressed message, though none was offered' : 'a bad frame flag');
        }
        if (rest.length < PREFIX_BYTES) break;
        const length = new DataView(rest.buffer, rest.byteOffset).getUint32(1);
        if (length > maxMessageBytes) return fail(`a message of ${length} bytes; at most ${maxMessageBytes} are read`);
        if (rest.length < PREFIX_BYTES + length) break;
        messages.push(rest.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
        rest = rest.subarray(PREFIX_BYTES + length);
      }
      // A copy: a view would keep the whole chunk alive.
      held = Uint8Array.from(rest);
      return { kind: 'messages', messages };
    },
  };
}
