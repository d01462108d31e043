import type { MessagePort } from 'node:worker_threads';
import type { LinkGrant } from './link-end.js';

/** A control message as it is posted: the encoded part, and what only structured cloning can carry. */
export type ControlFrame = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly port: MessagePort | null;
  readonly counters: SharedArrayBuffer | null;
};

/** Posts an encoded message; with a grant, its port and counters go along. */
export function postControl(
  to: MessagePort,
  bytes: Uint8Array<ArrayBuffer>,
  grant: Pick<LinkGrant, 'port' | 'counters'> | null = null,
): void {
  const frame: ControlFrame = { bytes, port: grant?.port ?? null, counters: grant?.counters ?? null };
  to.postMessage(frame, grant === null ? [bytes.buffer] : [bytes.buffer, grant.port]);
}
