/** Generic netlink (linux/genetlink.h): the 4-byte header behind netlink's own, and the lookup of a family's number by its name. */
import {
  attributeMap,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_REQUEST,
  readAttributes,
  readText,
  readU16,
  readU32,
} from './reader.js';
import type { NetlinkWriter } from './writer.js';

/** The family that tells of families; its number is fixed. */
export const GENL_ID_CTRL = 16;
const GENL_HEADER_BYTES = 4;
const CTRL_CMD_NEWFAMILY = 1;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_VERSION = 1;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const CTRL_ATTR_VERSION = 3;
const CTRL_ATTR_MAXATTR = 5;
const CTRL_ATTR_OPS = 6;
const CTRL_ATTR_OP_ID = 1;

export const genlHeader = (command: number, version: number): Uint8Array => new Uint8Array([command, version, 0, 0]);

export type GenericMessage = { readonly command: number; readonly version: number; readonly attributes: Uint8Array };

/** Null when the payload is too short for the header. */
export function readGeneric({ payload }: NetlinkMessage): GenericMessage | null {
  const [command, version] = payload;
  if (command === undefined || version === undefined || payload.byteLength < GENL_HEADER_BYTES) return null;
  return { command, version, attributes: payload.subarray(GENL_HEADER_BYTES) };
}

/** Asks for a family's number. The kernel answers ENOENT when no loaded module has that family. */
export function writeFamilyLookup(writer: NetlinkWriter, sequence: number, name: string): void {
  writer.begin({ type: GENL_ID_CTRL, flags: NLM_F_REQUEST | NLM_F_ACK, sequence });
  writer.raw(genlHeader(CTRL_CMD_GETFAMILY, CTRL_VERSION));
  writer.text(CTRL_ATTR_FAMILY_NAME, name);
  writer.end();
}

export type GenericFamily = {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** Highest attribute number that this kernel knows at the top level. */
  readonly maxAttribute: number;
  /** Commands that this kernel knows. */
  readonly commands: ReadonlySet<number>;
};

/** The answer to a lookup; null when the message is no such answer or lacks the number. */
export function readFamily(message: NetlinkMessage): GenericFamily | null {
  const generic = message.type === GENL_ID_CTRL ? readGeneric(message) : null;
  if (generic?.command !== CTRL_CMD_NEWFAMILY) return null;
  const attributes = attributeMap(generic.attributes);
  const id = readU16(attributes?.get(CTRL_ATTR_FAMILY_ID));
  if (id === null) return null;
  const operations = readAttributes(attributes?.get(CTRL_ATTR_OPS) ?? new Uint8Array()).items;
  const commands = operations.map(({ value }) => readU32(attributeMap(value)?.get(CTRL_ATTR_OP_ID)));
  return {
    id,
    name: readText(attributes?.get(CTRL_ATTR_FAMILY_NAME)) ?? '',
    version: readU32(attributes?.get(CTRL_ATTR_VERSION)) ?? 0,
    maxAttribute: readU32(attributes?.get(CTRL_ATTR_MAXATTR)) ?? 0,
    commands: new Set(commands.filter((command) => command !== null)),
  };
}
