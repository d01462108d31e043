/**
 * The kernel's process events (linux/cn_proc.h), over netlink's connector: `struct nlmsghdr`, `struct cn_msg` (20 bytes), and
 * `struct proc_event`, all in the host's byte order.
 */
import { HOST_LITTLE_ENDIAN, type NetlinkMessage, NLMSG_DONE } from './reader.js';
import type { NetlinkWriter } from './writer.js';

/** CN_IDX_PROC: also the multicast group, as a mask. */
export const PROCESS_EVENT_GROUP = 1;
const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const CN_HEADER_BYTES = 20;
const PROC_CN_MCAST_LISTEN = 1;
const PROC_CN_MCAST_IGNORE = 2;
const DATA_AT = CN_HEADER_BYTES + 16;

const PROC_EVENT_NONE = 0;
const PROC_EVENT_FORK = 0x1;
const PROC_EVENT_EXEC = 0x2;
const PROC_EVENT_COMM = 0x200;
const PROC_EVENT_EXIT = 0x8000_0000;

export type ProcessEvent =
  /** The answer to a request to listen: 0, or an errno. */
  | { readonly kind: 'answer'; readonly errno: number }
  /** A process is new, or is another program now, or has another name. */
  | { readonly kind: 'changed'; readonly pid: number }
  | { readonly kind: 'ended'; readonly pid: number };

export function writeProcessListening(writer: NetlinkWriter, listen: boolean): void {
  const body = new DataView(new ArrayBuffer(CN_HEADER_BYTES + 4));
  body.setUint32(0, CN_IDX_PROC, HOST_LITTLE_ENDIAN);
  body.setUint32(4, CN_VAL_PROC, HOST_LITTLE_ENDIAN);
  body.setUint16(16, 4, HOST_LITTLE_ENDIAN);
  body.setUint32(CN_HEADER_BYTES, listen ? PROC_CN_MCAST_LISTEN : PROC_CN_MCAST_IGNORE, HOST_LITTLE_ENDIAN);
  writer.begin({ type: NLMSG_DONE, flags: 0, sequence: 0 });
  writer.raw(new Uint8Array(body.buffer));
  writer.end();
}

/** Null for what is none of these: events of threads that are not a process's first, of users, of sessions. */
export function readProcessEvent({ payload }: NetlinkMessage): ProcessEvent | null {
  if (payload.byteLength < DATA_AT + 8) return null;
  const data = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const word = (at: number) => data.getUint32(at, HOST_LITTLE_ENDIAN);
  if (word(0) !== CN_IDX_PROC || word(4) !== CN_VAL_PROC) return null;
  switch (word(CN_HEADER_BYTES)) {
    case PROC_EVENT_NONE:
      return { kind: 'answer', errno: word(DATA_AT) };
    case PROC_EVENT_FORK:
      return payload.byteLength < DATA_AT + 16 ? null : firstThread('changed', word(DATA_AT + 8), word(DATA_AT + 12));
    case PROC_EVENT_EXEC:
    case PROC_EVENT_COMM:
      return firstThread('changed', word(DATA_AT), word(DATA_AT + 4));
    case PROC_EVENT_EXIT:
      return firstThread('ended', word(DATA_AT), word(DATA_AT + 4));
    default:
      return null;
  }
}

const firstThread = (kind: 'changed' | 'ended', thread: number, pid: number): ProcessEvent | null =>
  thread === pid ? { kind, pid } : null;
