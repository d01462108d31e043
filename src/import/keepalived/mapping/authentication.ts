/** The version of an instance, and its password, which version 2 alone has. */
import { familyOf } from '../../../model/ip-address.js';
import type { Instance } from '../../document.js';
import { Fields } from './fields.js';
import type { Import } from './import.js';

/** keepalived's own, where nothing says more. */
const DEFAULT_VERSION = 2;
/** It sends so many bytes. */
const PASSWORD_BYTES = 8;

export function version(work: Import, instance: Instance, fields: Fields, globals: Fields): void {
  const own = fields.integer('version', 2, 3);
  const { value, from } = own.from === undefined ? globals.integer('vrrp_version', 2, 3) : own;
  const isIPv6 = familyOf(instance.addresses?.[0]?.split('/')[0] ?? '') === 'ipv6';
  if (isIPv6 && from !== undefined) work.use(from);
  work.putOr(instance, 'version', isIPv6 ? 3 : (value ?? DEFAULT_VERSION) === 2 ? 2 : 3, isIPv6 ? undefined : from);
  authentication(work, instance, fields);
}

function authentication(work: Import, instance: Instance, fields: Fields): void {
  const block = fields.one('authentication');
  if (block === undefined) return;
  const inside = new Fields(work, block.block ?? []);
  const type = inside.word('auth_type');
  const { value: password = '', from } = inside.word('auth_pass');
  if (instance.version === 3) {
    work.leaveOut(block, 'version 3 has no authentication, in keepalived neither');
  } else if (type.value !== 'PASS' || from === undefined) {
    work.leaveOut(block, 'only auth_type PASS with an auth_pass is carried over');
  } else {
    const sent = Buffer.from(password).subarray(0, PASSWORD_BYTES).toString();
    work.put(instance, 'authentication', { type: 'password', password: sent }, block, type.from, from);
    inside.tellRest('authentication');
  }
}
