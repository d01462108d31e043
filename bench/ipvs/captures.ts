/** Packet captures of tcpdump (pcap, nanoseconds), read for two things: TCP resets, and IPVS destinations that come and go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { commandAttribute, destinationAttribute } from '../../src/wire/ipvs/attributes.js';
import { ipvsCommand } from '../../src/wire/ipvs/types.js';
import { readGeneric } from '../../src/wire/netlink/generic.js';
import { attributeMap, NLMSG_ERROR, readBe16, readMessages } from '../../src/wire/netlink/reader.js';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
/** The header before each message on an nlmon device. */
const COOKED_BYTES = 16;
const TCP_RST = 0x04;

export type Seen = { readonly atNs: number; readonly port: number };
type Packet = { readonly atNs: number; readonly bytes: Uint8Array };

/** Captures until it is stopped. */
export async function capture(device: string, file: string, filter: readonly string[]): Promise<() => Promise<void>> {
  const options = ['-i', device, '-U', '--immediate-mode', '--time-stamp-precision=nano', '-w', file];
  const tcpdump: ChildProcess = spawn('tcpdump', [...options, ...filter], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tcpdump, 'exit');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    tcpdump.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening on')) resolve();
    });
    tcpdump.once('error', reject);
    void ended.then(() => reject(new Error(`tcpdump ended: ${said}`)));
  });
  return async () => {
    tcpdump.kill('SIGINT');
    await ended;
  };
}

/** Resets that were sent from any port, on a device with Ethernet headers. */
export const resetsIn = (file: string): readonly Seen[] =>
  packetsOf(file).flatMap(({ atNs, bytes }) => {
    const ip = bytes.subarray(ETHERNET_BYTES);
    const tcp = ip.subarray(((ip[0] ?? 0) & 0x0f) * 4);
    const port = readBe16(tcp.subarray(0, 2));
    return port !== null && ((tcp[13] ?? 0) & TCP_RST) !== 0 ? [{ atNs, port }] : [];
  });

export type SeenChange = Seen & { readonly kind: 'added' | 'deleted' };

/** Requests to add or to delete a destination, by its port. */
export const changesIn = (file: string): readonly SeenChange[] =>
  packetsOf(file).flatMap(({ atNs, bytes }) =>
    readMessages(bytes.subarray(COOKED_BYTES)).items.flatMap((message) => {
      const generic = message.type === NLMSG_ERROR ? null : readGeneric(message);
      const { newDest, delDest } = ipvsCommand;
      if (generic?.command !== newDest && generic?.command !== delDest) return [];
      const kind = generic.command === newDest ? 'added' : 'deleted';
      const destination = attributeMap(generic.attributes)?.get(commandAttribute.destination);
      const port = readBe16(attributeMap(destination ?? new Uint8Array())?.get(destinationAttribute.port));
      return port === null ? [] : [{ atNs, port, kind }];
    }),
  );

function packetsOf(file: string): readonly Packet[] {
  const bytes = readFileSync(file);
  const packets: Packet[] = [];
  let at = FILE_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at + 8);
    const atNs = bytes.readUInt32LE(at) * 1e9 + bytes.readUInt32LE(at + 4);
    packets.push({ atNs, bytes: bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length) });
    at += RECORD_HEADER_BYTES + length;
  }
  return packets;
}
