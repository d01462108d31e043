/** What was on the wire, by tcpdump, and what Wireshark's dissector says of it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startTcpdump } from '../../../../bench/support/tcpdump.js';
import { type Lan, systemEnv } from './lan.js';

const env = systemEnv;

export type SeenAdvert = {
  /** Seconds since 1970, by the kernel. */
  readonly at: number;
  /** The Ethernet frame's source. */
  readonly hardware: string;
  readonly from: string;
  readonly to: string;
  readonly vrid: number;
  readonly priority: number;
  readonly hopLimit: number;
  readonly addresses: readonly string[];
};
export type SeenAnnouncement = { readonly at: number; readonly hardware: string; readonly address: string };

export type Seen = {
  readonly adverts: readonly SeenAdvert[];
  /** Gratuitous ARP and unsolicited neighbour advertisements. */
  readonly announcements: readonly SeenAnnouncement[];
  /** What the dissector complains of, with packet numbers; should be empty. */
  readonly diagnostics: readonly string[];
};

export type Capture = AsyncDisposable & { stop(): Promise<Seen> };

const fields = [
  'frame.number',
  'frame.time_epoch',
  'ip.src',
  'ipv6.src',
  'ip.dst',
  'ipv6.dst',
  'vrrp.virt_rtr_id',
  'vrrp.prio',
  'ip.ttl',
  'ipv6.hlim',
  'vrrp.ip_addr',
  'vrrp.ipv6_addr',
  'vrrp.version',
  'eth.src',
  'arp.src.proto_ipv4',
  'icmpv6.nd.na.target_address',
  '_ws.expert.message',
  '_ws.malformed',
] as const;
type Field = (typeof fields)[number];

/** All VRRP, ARP and neighbour advertisements that cross the switch, each once. */
export async function capture(lan: Lan): Promise<Capture> {
  const filter = 'proto 112 or ip6 proto 112 or arp or icmp6';
  const at = { namespace: lan.switch, device: 'br0', env };
  const recording = await startTcpdump(at, ['-B', '8192'], filter);
  return {
    async [Symbol.asyncDispose]() {
      recording.discard();
    },
    async stop() {
      await recording.stop();
      return await dissect(recording.file);
    },
  };
}

async function dissect(file: string): Promise<Seen> {
  const args = ['-n', '-r', file, '-o', 'ip.check_checksum:TRUE', '-T', 'fields', '-E', 'separator=/t'];
  for (const field of fields) args.push('-e', field);
  const { stdout } = await promisify(execFile)('tshark', args, { env, maxBuffer: 1 << 28 });
  const rows = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t');
      return (field: Field) => values[fields.indexOf(field)] ?? '';
    });
  // An ICMP error (a host that runs no VRRP) quotes the advert that it is about: it has two of each field.
  const isAdvert = (row: (field: Field) => string) =>
    row('vrrp.version') !== '' && !`${row('ip.src')}${row('ipv6.src')}`.includes(',');
  const adverts = rows.filter(isAdvert);
  return {
    adverts: adverts.map((row) => ({
      at: Number(row('frame.time_epoch')),
      hardware: row('eth.src'),
      from: row('ip.src') || row('ipv6.src'),
      to: row('ip.dst') || row('ipv6.dst'),
      vrid: Number(row('vrrp.virt_rtr_id')),
      priority: Number(row('vrrp.prio')),
      hopLimit: Number(row('ip.ttl') || row('ipv6.hlim')),
      addresses: (row('vrrp.ip_addr') || row('vrrp.ipv6_addr')).split(',').filter((text) => text !== ''),
    })),
    announcements: rows.flatMap((row) => {
      const address = row('arp.src.proto_ipv4') || row('icmpv6.nd.na.target_address');
      if (address === '' || address === '0.0.0.0') return [];
      return [{ at: Number(row('frame.time_epoch')), hardware: row('eth.src'), address }];
    }),
    diagnostics: rows.flatMap((row) => {
      // Wireshark warns of any gratuitous ARP that it sees twice; that is what a burst is.
      const messages = row('_ws.expert.message')
        .split(',')
        .filter((text) => text !== '' && !text.includes('Duplicate IP'));
      const malformed = row('_ws.malformed') === '' ? [] : ['malformed'];
      return [...(isAdvert(row) ? messages : []), ...malformed].map((text) => `packet ${row('frame.number')}: ${text}`);
    }),
  };
}
