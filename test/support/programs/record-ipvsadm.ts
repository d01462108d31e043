/**
 * Records what ipvsadm and the kernel say to each other, as the source text of test/wire/ipvs/fixtures/ipvsadm.ts:
 * `npm run build && node dist/test/support/programs/record-ipvsadm.js >test/wire/ipvs/fixtures/ipvsadm.ts && npm run format`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInGuest } from '../../../bench/support/uml.js';

/** Every form of every command; a later one builds on the table that the earlier ones left. */
const commands = `
-A -t 10.0.0.100:80 -s wrr
-A -u 10.0.0.100:53 -s rr -o
-A --sctp-service 10.0.0.100:9999 -s lc
-A -t 10.0.0.101:443 -s wlc -p 300
-A -t 10.0.0.102:443 -s sh -b sh-fallback,sh-port
-A -t 10.0.0.103:443 -s mh -b mh-fallback,mh-port -p 60 -M 255.255.255.0
-A -f 256 -s rr
-A -f 257 -6 -s rr
-A -t [2001:db8::100]:80 -s wlc
-A -t [2001:db8::101]:80 -s wlc -p 120 -M 64
-A -u 10.0.0.104:5060 -s rr -p 60 --pe sip
-E -t 10.0.0.100:80 -s wlc
-E -t 10.0.0.101:443 -s wlc
-a -t 10.0.0.100:80 -r 10.0.0.11:8080 -m -w 2
-a -t 10.0.0.100:80 -r 10.0.0.12:80 -g -w 0
-a -t 10.0.0.100:80 -r 10.0.0.13:80 -i -w 65535
-a -t 10.0.0.100:80 -r 10.0.0.14:80 -i --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.0.0.100:80 -r 10.0.0.15:80 -i --tun-type gue --tun-port 6081 --tun-csum
-a -t 10.0.0.100:80 -r 10.0.0.16:80 -i --tun-type gue --tun-port 6082 --tun-remcsum
-a -t 10.0.0.100:80 -r 10.0.0.17:80 -i --tun-type gre --tun-csum
-a -t 10.0.0.100:80 -r 10.0.0.18:80 -i --tun-type ipip
-a -t 10.0.0.100:80 -r 10.0.0.19:8080 -m -w 3 -x 1000 -y 800
-a -t 10.0.0.100:80 -r [2001:db8::11]:80 -i -w 4
-a -t [2001:db8::100]:80 -r [2001:db8::12]:8080 -m -w 1
-a -t [2001:db8::100]:80 -r 10.0.0.20:80 -i -w 1
-a -f 256 -r 10.0.0.21 -g -w 1
-a -f 257 -6 -r 2001:db8::13 -g -w 1
-e -t 10.0.0.100:80 -r 10.0.0.11:8080 -m -w 7
-e -t 10.0.0.100:80 -r 10.0.0.12:80 -g -w 1 -x 5
-l -n
-l -n -t 10.0.0.100:80
-l -n --daemon
-l --timeout
-d -t 10.0.0.100:80 -r 10.0.0.12:80
-d -f 257 -6 -r 2001:db8::13
-D -u 10.0.0.100:53
-D -f 256
-D -f 257 -6
-D -t [2001:db8::101]:80
-Z
-Z -t 10.0.0.100:80
--set 900 120 300
-D -t 10.9.9.9:80
-A -t 10.0.0.100:80 -s rr
-A -t 10.0.0.110:80 -s nosuch
--start-daemon master --mcast-interface dummy0
-C
--start-daemon master --mcast-interface dummy0 --syncid 7
--start-daemon backup --mcast-interface dummy0 --syncid 8 --sync-maxlen 1000 --mcast-group 224.0.0.90 --mcast-port 8850 --mcast-ttl 4
-l --daemon
--stop-daemon master
--stop-daemon backup
--start-daemon master --mcast-interface dummy0 --mcast-group ff02::90
-l --daemon
--stop-daemon master
`
  .trim()
  .split('\n');

type Call = { request: string; replies: string[] };
type Exchange = { command: string; exitStatus: number; calls: Call[] };

/** A block of `strace -e write=all -e read=all`: ` | 00010  0a 01 ...  ascii |`. */
function hexOf(lines: readonly string[]): string {
  return lines.map((line) => line.slice(9, 59).replaceAll(/\s/g, '')).join('');
}

/** Every run looks the family up and asks for the version (command 15) before its own call. */
const isPreamble = ({ request }: Call): boolean => request.startsWith('1000', 8) || request.startsWith('0f01', 32);

function exchange(command: string): Exchange {
  const scratch = mkdtempSync(join(tmpdir(), 'record-'));
  const trace = join(scratch, 'trace');
  const strace = ['-o', trace, '-e', 'trace=sendmsg,recvmsg', '-e', 'write=all', '-e', 'read=all'];
  const run = spawnSync('strace', [...strace, 'ipvsadm', ...command.split(' ')]);
  const calls: Call[] = [];
  for (const block of readFileSync(trace, 'utf8').split(/^(?=sendmsg|recvmsg|\+\+\+)/m)) {
    const hex = hexOf(block.split('\n').filter((line) => line.startsWith(' | ')));
    // What is read twice is looked at first (MSG_PEEK).
    if (hex === '' || block.slice(0, block.indexOf('\n')).includes('MSG_PEEK|')) continue;
    if (block.startsWith('sendmsg')) calls.push({ request: hex, replies: [] });
    else calls.at(-1)?.replies.push(hex);
  }
  rmSync(scratch, { recursive: true });
  return { command: `ipvsadm ${command}`, exitStatus: run.status ?? -1, calls };
}

function record(): Exchange[] {
  const setUp = ['link add dummy0 type dummy', 'link set dummy0 up multicast on', 'addr add 10.0.0.1/24 dev dummy0'];
  for (const words of setUp) spawnSync('ip', words.split(' '));
  return commands.map(exchange).map((one, index) => ({
    ...one,
    calls: one.calls.filter((call) => index === 0 || !isPreamble(call)),
  }));
}

if (process.argv[2] === 'inside') {
  process.stdout.write(JSON.stringify(record()));
} else {
  const options = { modules: ['ip_vs', 'ip_vs_pe_sip', 'dummy'], timeoutMs: 300_000 };
  const result = await runInGuest([process.execPath, fileURLToPath(import.meta.url), 'inside'], options);
  if (result.status !== 0) throw new Error(`${result.stderr}\n${result.console}`);
  const recorded = (JSON.parse(result.stdout) as Exchange[]).map((one) => `  ${JSON.stringify(one)},\n`).join('');
  process.stdout.write(`/**
 * What ipvsadm 1.31 and Linux 6.1 say to each other, recorded by test/support/programs/record-ipvsadm.ts: little-endian hex, one
 * text a datagram. The first exchange alone shows what each run begins with: family lookups and the version.
 */
export type Exchange = {
  readonly command: string;
  readonly exitStatus: number;
  readonly calls: readonly { readonly request: string; readonly replies: readonly string[] }[];
};

export const exchanges: readonly Exchange[] = [\n${recorded}];\n`);
}
