/** HTTP_GET and SSL_GET: each of their URLs is a check of its own, and all must succeed. */
import { NS_PER_S, ns } from '../../../../model/units.js';
import type { Check, CheckOf } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import { shellWords } from '../../language/text.js';
import { Fields } from '../fields.js';
import type { Import } from '../import.js';
import { type Checked, plain } from './plain-check.js';
import { type Again, inherited } from './timing.js';

const HTTP_AGAIN: Again = { retry: 1, pause: ns(3 * NS_PER_S) };

export function httpChecks(checked: Checked, statement: Statement, tls: boolean): readonly Check[] {
  const { work } = checked;
  const fields = new Fields(work, statement.block ?? []);
  const urls = fields.all('url');
  if (urls.length === 0) {
    work.leaveOut(statement, 'it has no url');
    return [];
  }
  work.use(...urls);
  return urls.map((url) => {
    const check: CheckOf<'http'> = { type: 'http' };
    work.trace.note(check, 'type', url);
    request(checked, check, fields, url);
    if (tls) encryption(checked, check, fields);
    return plain(checked, statement, check, 'HTTP_GET', HTTP_AGAIN);
  });
}

function request({ work, levels }: Checked, check: CheckOf<'http'>, fields: Fields, url: Statement): void {
  const own = new Fields(work, url.block ?? []);
  const path = own.word('path');
  work.putOr(check, 'path', path.value ?? '/', path.from);
  const host = inherited([own, fields, ...levels], (level) => level.word('virtualhost'));
  if (host.from !== undefined) work.put(check, 'host', host.value, host.from);
  const codes = own.one('status_code');
  work.putOr(check, 'expected_codes', codes?.words ?? ['200-299'], codes);
  const digest = own.word('digest');
  if (digest.from !== undefined) work.put(check, 'digest', digest.value, digest.from);
  body(work, check, own);
  own.tellRest('url');
}

function body(work: Import, check: CheckOf<'http'>, own: Fields): void {
  const regex = own.one('regex');
  const no = own.one('regex_no_match');
  const source = regex === undefined ? undefined : shellWords(regex.text)[1];
  if (regex === undefined || source === undefined) return;
  if (no === undefined) work.put(check, 'receive_regex', source, regex);
  else work.put(check, 'receive_regex', `^(?![^]*(?:${source}))`, regex, no);
}

function encryption({ work, ssl }: Checked, check: CheckOf<'http'>, fields: Fields): void {
  work.trace.put(check, 'tls', true);
  // keepalived takes any certificate.
  work.trace.put(check, 'tls_verify', false);
  const sni = fields.flag('enable_sni');
  const name = fields.word('sni_name');
  if (name.from !== undefined) work.put(check, 'server_name', name.value, name.from);
  else if (sni.value === true && sni.from !== undefined && typeof check.host === 'string') {
    work.put(check, 'server_name', check.host.replace(/:\d+$/u, ''), sni.from);
  }
  if (sni.from !== undefined) work.use(sni.from);
  for (const [keyword, option] of files) {
    const { value, from } = ssl.word(keyword);
    if (from !== undefined) work.put(check, option, value, from);
  }
}
const files = [
  ['ca', 'ca_file'],
  ['certificate', 'cert_file'],
  ['key', 'key_file'],
] as const;
