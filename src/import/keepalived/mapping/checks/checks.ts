/** The checks of a real server. */
import { familyOf, hostPort } from '../../../../model/ip-address.js';
import { formatHumantime } from '../../../../wire/text/humantime.js';
import type { Check, CheckOf } from '../../../document.js';
import { BFD } from '../../keywords/words.js';
import type { Statement } from '../../language/blocks.js';
import { programOf, userOf } from '../command.js';
import { Fields } from '../fields.js';
import { fileCheck } from './file-check.js';
import { httpChecks } from './http-checks.js';
import { type Checked, plain } from './plain-check.js';
import { AGAIN, type Levels, timing } from './timing.js';

type Reader = (checked: Checked, statement: Statement) => readonly Check[];

const readers: Readonly<Record<string, Reader>> = {
  TCP_CHECK: (checked, statement) => [plain(checked, statement, { type: 'tcp' }, 'TCP_CHECK')],
  PING_CHECK: (checked, statement) => [plain(checked, statement, { type: 'icmp' }, 'PING_CHECK')],
  HTTP_GET: (checked, statement) => httpChecks(checked, statement, false),
  SSL_GET: (checked, statement) => httpChecks(checked, statement, true),
  SMTP_CHECK: smtp,
  DNS_CHECK: dns,
  UDP_CHECK: udp,
  MISC_CHECK: misc,
  FILE_CHECK: fileCheck,
};

const unread: Readonly<Record<string, string>> = {
  BFD_CHECK: BFD,
};

/** All that it has, in their order. */
export function checksOf(checked: Checked, statements: readonly Statement[]): readonly Check[] {
  return statements.flatMap((statement) => {
    const read = readers[statement.keyword];
    if (read !== undefined) return read(checked, statement);
    const why = unread[statement.keyword];
    if (why !== undefined) checked.work.leaveOut(statement, why);
    return [];
  });
}

function smtp(checked: Checked, statement: Statement): readonly Check[] {
  const { work, address } = checked;
  const fields = new Fields(work, statement.block ?? []);
  const check: CheckOf<'smtp'> = { type: 'smtp' };
  const helo = fields.word('helo_name');
  if (helo.from !== undefined) work.put(check, 'helo', helo.value, helo.from);
  const hosts: string[] = [];
  for (const host of fields.all('host')) {
    const inside = new Fields(work, host.block ?? []);
    const connect = inside.word('connect_ip');
    const port = inside.integer('connect_port', 1, 65_535);
    const from = [connect.from, port.from].flatMap((line) => line ?? []);
    work.push(hosts, hostPort(connect.value ?? address, port.value ?? SMTP_PORT), host, ...from);
    inside.tellRest('host');
  }
  if (hosts.length > 0) check.hosts = hosts;
  return [plain(checked, statement, check, 'SMTP_CHECK')];
}
const SMTP_PORT = 25;

function misc(checked: Checked, statement: Statement): readonly Check[] {
  const { work, globals } = checked;
  const fields = new Fields(work, statement.block ?? []);
  const from = fields.one('misc_path');
  const command = programOf(from);
  if (from === undefined || command === null) {
    work.leaveOut(statement, 'its misc_path is no program: a script here runs without a shell');
    return [];
  }
  const check: CheckOf<'script'> = { type: 'script', command };
  work.put(check, 'command', command, from);
  const user = userOf(fields.word('user'), globals);
  if (user.from !== undefined) work.put(check, 'user', user.value, user.from);
  const dynamic = fields.one('misc_dynamic');
  if (dynamic !== undefined) work.put(check, 'weight_from', 'exit_code', dynamic);
  plain(checked, statement, check, 'MISC_CHECK');
  const { value, from: limit } = fields.timer('misc_timeout');
  if (limit !== undefined) work.put(check, 'timeout', formatHumantime(value), limit);
  return [check];
}

/** It asks for the name servers of the world. */
const ROOT = '.';

function dns(checked: Checked, statement: Statement): readonly Check[] {
  const { work } = checked;
  const fields = new Fields(work, statement.block ?? []);
  const name = fields.word('name');
  const type = fields.word('type');
  const record = records.find((word) => word === type.value?.toUpperCase());
  if (type.from !== undefined && record === undefined) {
    work.leaveOut(type.from, `'${type.value}' is no type of record that a check asks for: ${records.join(', ')} are`);
  }
  const check: CheckOf<'dns'> = { type: 'dns', query: name.value ?? ROOT };
  work.putOr(check, 'query', name.value ?? ROOT, name.from);
  work.putOr(check, 'record', record ?? 'SOA', record === undefined ? undefined : type.from);
  return [plain(checked, statement, check, 'DNS_CHECK', { retry: 3, pause: null })];
}
const records = ['A', 'AAAA', 'CNAME', 'NS', 'SOA', 'TXT', 'MX'] as const;

function udp(checked: Checked, statement: Statement): readonly Check[] {
  const { work } = checked;
  const fields = new Fields(work, statement.block ?? []);
  const reply = fields.one('require_reply');
  if (reply === undefined) {
    work.leaveOut(
      statement,
      'a UDP check here needs a reply (require_reply), and keepalived is content with no ICMP error',
    );
    return [];
  }
  const check: CheckOf<'udp'> = { type: 'udp' };
  const payload = fields.one('payload');
  if (payload !== undefined) work.put(check, 'send', escaped(bytesOf(payload)), payload);
  const expected = bytesOf(reply);
  const wildcard = expected.findIndex((byte) => /x/iu.test(byte));
  if (wildcard !== -1) work.otherwise(reply, 'what stands behind the first X is not compared');
  work.put(check, 'receive', escaped(wildcard === -1 ? expected : expected.slice(0, wildcard)), reply);
  return [plain(checked, statement, check, 'UDP_CHECK')];
}

/** Pairs of digits; the last of an odd number stands alone. */
const bytesOf = ({ words }: Statement): readonly string[] =>
  words.flatMap((word) => word.split(/\s+/u)).flatMap((word) => word.match(/[0-9A-Fa-fXx]{1,2}/gu) ?? []);

const escaped = (bytes: readonly string[]): string => bytes.map((byte) => `\\x${byte.padStart(2, '0')}`).join('');

/** Of a real server that keepalived never checks. */
export function standIn({ work, address }: Checked, server: Statement, fields: Levels): Check {
  const check: CheckOf<'icmp'> = { type: 'icmp' };
  const what = familyOf(address) === null ? 'its address' : address;
  work.otherwise(server, `it has no check, and keepalived takes it as up: here it is up while ${what} answers a ping`);
  work.trace.note(check, 'type', server);
  timing(work, check, fields, AGAIN);
  return check;
}
