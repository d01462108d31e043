/** The version of an instance, and how its adverts prove where they come from. */
import { keyBytes, MAX_KEY_BYTES, MIN_KEY_BYTES } from '../../../wire/vrrp/hmac-key.js';
import type { Instance } from '../../document.js';
import type { Statement } from '../language/blocks.js';
import { Fields, integerOf } from './fields.js';
import type { Import } from './import.js';

/** keepalived's own, where nothing says more. */
const DEFAULT_VERSION = 2;
/** It sends so many bytes. */
const PASSWORD_BYTES = 8;
const MAX_KEY_ID = 255;
const MAX_WINDOW_S = 300;

export function version(work: Import, instance: Instance, fields: Fields, globals: Fields): void {
  const own = fields.integer('version', 2, 3);
  const { value, from } = own.from === undefined ? globals.integer('vrrp_version', 2, 3) : own;
  const [first = ''] = instance.addresses ?? [];
  const isIPv6 = (typeof first === 'string' ? first : first.address).includes(':');
  if (isIPv6 && from !== undefined) work.use(from);
  work.putOr(instance, 'version', isIPv6 ? 3 : (value ?? DEFAULT_VERSION) === 2 ? 2 : 3, isIPv6 ? undefined : from);
  authentication(work, instance, fields);
}

function authentication(work: Import, instance: Instance, fields: Fields): void {
  const [hmacs, passwords] = [fields.one('auth_hmac'), fields.one('authentication')];
  if (hmacs !== undefined) hmac(work, instance, hmacs);
  if (passwords === undefined) return;
  if (hmacs === undefined) password(work, instance, passwords);
  else work.leaveOut(passwords, 'auth_hmac takes its place, in keepalived too');
}

function password(work: Import, instance: Instance, block: Statement): void {
  const inside = new Fields(work, block.block ?? []);
  const type = inside.word('auth_type');
  const { value: written = '', from } = inside.word('auth_pass');
  if (instance.version === 3) {
    work.leaveOut(block, 'version 3 has no authentication, in keepalived neither');
  } else if (type.value !== 'PASS' || from === undefined) {
    work.leaveOut(block, 'only auth_type PASS with an auth_pass is carried over');
  } else {
    const sent = Buffer.from(written).subarray(0, PASSWORD_BYTES).toString();
    work.put(instance, 'authentication', { type: 'password', password: sent }, block, type.from, from);
    inside.tellRest('authentication');
  }
}

type Hmac = Extract<NonNullable<Instance['authentication']>, { readonly type: 'hmac' }>;

function hmac(work: Import, instance: Instance, block: Statement): void {
  const inside = new Fields(work, block.block ?? []);
  const lines = keyLines(work, inside);
  const active = inside.integer('active_key', 1, MAX_KEY_ID);
  if (active.from === undefined || !lines.has(active.value)) {
    work.leaveOut(block, 'it has no active_key that is among its keys, and adverts would not be signed');
    return;
  }
  const keys = Object.fromEntries([...lines].map(([id, { key }]) => [String(id), key]));
  const own: Hmac = { type: 'hmac', keys, active: active.value };
  work.put(own, 'keys', keys, ...[...lines.values()].map(({ from }) => from));
  work.put(own, 'active', active.value, active.from);
  oneOf(work, own, 'anti_replay', inside, ['time', 'monotonic']);
  oneOf(work, own, 'mode', inside, ['enforce', 'permissive', 'receive-only']);
  const window = inside.integer('time_window', 1, MAX_WINDOW_S);
  if (window.from !== undefined) work.put(own, 'time_window', `${window.value}s`, window.from);
  work.put(instance, 'authentication', own, block);
  inside.tellRest('auth_hmac');
}

/** By their ids; of two with one id the first counts, as in keepalived. No reason shows a key. */
function keyLines(
  work: Import,
  inside: Fields,
): ReadonlyMap<number, { readonly key: string; readonly from: Statement }> {
  const lines = new Map<number, { readonly key: string; readonly from: Statement }>();
  for (const from of inside.all('key')) {
    const [idText = '', key = ''] = from.words;
    const id = integerOf(idText);
    if (id === null || id < 1 || id > MAX_KEY_ID) work.leaveOut(from, `a key has an id from 1 to ${MAX_KEY_ID}`);
    else if (lines.has(id)) work.leaveOut(from, `there is another key ${id} before it, which counts`);
    else if (key.startsWith('file:'))
      work.leaveOut(from, `Fulcrum reads no key from a file: write what is in it as keys.${id}`);
    else if (keyBytes(key) === null) work.leaveOut(from, `a key has ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes`);
    else lines.set(id, { key, from });
  }
  return lines;
}

function oneOf<Key extends 'anti_replay' | 'mode'>(
  work: Import,
  own: Hmac,
  key: Key,
  inside: Fields,
  known: readonly NonNullable<Hmac[Key]>[],
): void {
  const { value, from } = inside.word(key);
  if (from === undefined) return;
  const word = known.find((each) => each === value);
  if (word === undefined) work.leaveOut(from, `'${value}' is none of ${known.join(', ')}`);
  else work.put(own, key, word, from);
}
