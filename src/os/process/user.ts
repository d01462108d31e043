/** Users of this machine, as the C library's name service knows them (passwd, LDAP, ...). */
import koffi from 'koffi';
import { libc } from '../kernel/libc.js';

const getpwnam = libc.func(
  'int getpwnam_r(const char *name, _Out_ uint8_t *entry, _Out_ uint8_t *text, size_t bytes, _Out_ uint8_t *found)',
);
const getpwuid = libc.func(
  'int getpwuid_r(uint32_t uid, _Out_ uint8_t *entry, _Out_ uint8_t *text, size_t bytes, _Out_ uint8_t *found)',
);

/** struct passwd begins with two pointers, then pw_uid and pw_gid; glibc and musl agree. */
const ENTRY_BYTES = 64;
const UID_AT = 2 * koffi.sizeof('void *');
/** For the texts of one entry; getpw(3) suggests 1 KB, a directory service may tell more. */
const TEXT_BYTES = 16_384;

export type UserIds = { readonly uid: number; readonly gid: number };

/** By name, or by uid in digits (whose group is then the same number where nobody has that uid); null: there is none. */
export function findUser(user: string): UserIds | null {
  const entry = new Uint8Array(ENTRY_BYTES);
  const text = new Uint8Array(TEXT_BYTES);
  const found = new Uint8Array(koffi.sizeof('void *'));
  const byNumber = /^\d{1,9}$/.test(user);
  if (byNumber) getpwuid(Number(user), entry, text, text.length, found);
  else getpwnam(user, entry, text, text.length, found);
  if (found.every((byte) => byte === 0)) return byNumber ? { uid: Number(user), gid: Number(user) } : null;
  const fields = new Uint32Array(entry.buffer, UID_AT, 2);
  return { uid: fields[0] as number, gid: fields[1] as number };
}
